package main

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"strings"

	"istio.io/istio/manifests"
	"istio.io/istio/operator/pkg/render"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// istioTag names the commit that go.mod pins, in the form of the release it leads to.
const istioTag = "1.31.0-eed52ebb66ad"

// Istio is what the operator would install, sorted by when we need it.
type Istio struct {
	// Early must be there before istiod starts: it gives up on injection when it finds no injector configuration.
	Early    []*unstructured.Unstructured
	Rest     []*unstructured.Unstructured
	Webhooks []*unstructured.Unstructured
}

// RenderIstio renders the minimal profile in-process, with the charts that are embedded in the Istio module.
func RenderIstio() (*Istio, error) {
	// With a default revision there is the validating webhook that looks at all of Istio's objects, not only at labelled
	// ones. `istioctl install` adds it in a step of its own.
	settings := []string{"profile=minimal", "tag=" + istioTag, "values.defaultRevision=default"}
	sets, _, err := render.GenerateManifest(nil, settings, false, nil, nil)
	if err != nil {
		return nil, err
	}
	crds, err := fs.ReadFile(manifests.FS, "charts/base/files/crd-all.gen.yaml")
	if err != nil {
		return nil, err
	}
	all, err := Objects(crds)
	if err != nil {
		return nil, err
	}
	for _, set := range sets {
		for _, m := range set.Manifests {
			if err := withoutStats(m.Unstructured); err != nil {
				return nil, err
			}
			all = append(all, m.Unstructured)
		}
	}
	return sortIstio(all), nil
}

// withoutStats takes Istio's own metrics out of the mesh configuration: upstream's Envoy lacks the filter for them and refuses every
// listener that names it.
func withoutStats(o *unstructured.Unstructured) error {
	if o.GetKind() != "ConfigMap" || o.GetName() != "istio" {
		return nil
	}
	mesh, _, err := unstructured.NestedString(o.Object, "data", "mesh")
	if err != nil {
		return err
	}
	const metrics = "defaultProviders:\n  metrics:\n  - prometheus\n"
	if !strings.Contains(mesh, metrics) {
		return fmt.Errorf("the mesh configuration no longer says %q:\n%s", metrics, mesh)
	}
	return unstructured.SetNestedField(o.Object, strings.Replace(mesh, metrics, "defaultProviders: {}\n", 1), "data", "mesh")
}

func sortIstio(all []*unstructured.Unstructured) *Istio {
	namespace := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "istio-system"},
	}}
	result := &Istio{Early: []*unstructured.Unstructured{namespace}}
	seen := map[string]bool{nameOf(namespace): true}
	for _, o := range all {
		if seen[nameOf(o)] {
			continue
		}
		seen[nameOf(o)] = true
		switch o.GetKind() {
		case "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget":
			// istiod is a process of ours, not a pod.
		case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration":
			result.Webhooks = append(result.Webhooks, o)
		case "ConfigMap":
			result.Early = append(result.Early, o)
		default:
			result.Rest = append(result.Rest, o)
		}
	}
	return result
}

// PointWebhooksAt replaces the in-cluster service of every webhook by an address of this machine, keeping its path.
func PointWebhooksAt(base string, ca []byte, configurations []*unstructured.Unstructured) error {
	for _, c := range configurations {
		webhooks, _, err := unstructured.NestedSlice(c.Object, "webhooks")
		if err != nil {
			return fmt.Errorf("%s: %w", nameOf(c), err)
		}
		for i := range webhooks {
			webhook, ok := webhooks[i].(map[string]any)
			if !ok {
				return fmt.Errorf("%s: webhook %d is not an object", nameOf(c), i)
			}
			path, _, _ := unstructured.NestedString(webhook, "clientConfig", "service", "path")
			webhook["clientConfig"] = map[string]any{
				"url": base + path, "caBundle": base64.StdEncoding.EncodeToString(ca),
			}
		}
		if err := unstructured.SetNestedSlice(c.Object, webhooks, "webhooks"); err != nil {
			return err
		}
	}
	return nil
}
