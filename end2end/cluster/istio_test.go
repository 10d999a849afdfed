package main

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestEveryWebhookOfTheRenderedProfileLeadsToThisMachine(t *testing.T) {
	istio, err := RenderIstio()
	if err != nil {
		t.Fatal(err)
	}
	if err := PointWebhooksAt("https://127.0.0.1:15017", []byte("ca"), istio.Webhooks); err != nil {
		t.Fatal(err)
	}
	var urls []string
	for _, c := range istio.Webhooks {
		webhooks, _, _ := unstructured.NestedSlice(c.Object, "webhooks")
		for _, w := range webhooks {
			config := w.(map[string]any)["clientConfig"].(map[string]any)
			if config["service"] != nil || config["caBundle"] != "Y2E=" {
				t.Errorf("%s: %v", nameOf(c), config)
			}
			urls = append(urls, config["url"].(string))
		}
	}
	for _, want := range []string{"https://127.0.0.1:15017/inject", "https://127.0.0.1:15017/validate"} {
		if !slices.Contains(urls, want) {
			t.Errorf("no webhook leads to %s: %v", want, urls)
		}
	}
}

func TestIstiodItselfIsLeftOutAndItsConfigurationComesFirst(t *testing.T) {
	istio, err := RenderIstio()
	if err != nil {
		t.Fatal(err)
	}
	var early []string
	for _, o := range istio.Early {
		early = append(early, nameOf(o))
	}
	for _, want := range []string{"Namespace istio-system", "ConfigMap istio-system/istio", "ConfigMap istio-system/istio-sidecar-injector"} {
		if !slices.Contains(early, want) {
			t.Errorf("%s is missing in %v", want, early)
		}
	}
	for _, o := range istio.Rest {
		if slices.Contains([]string{"Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"}, o.GetKind()) {
			t.Errorf("%s must be left out", nameOf(o))
		}
	}
}

func TestFingerprintIgnoresOrderAndSeesChanges(t *testing.T) {
	a := &unstructured.Unstructured{Object: map[string]any{"kind": "A"}}
	b := &unstructured.Unstructured{Object: map[string]any{"kind": "B"}}
	if Fingerprint([]*unstructured.Unstructured{a, b}) != Fingerprint([]*unstructured.Unstructured{b, a}) {
		t.Error("order must not matter")
	}
	if Fingerprint([]*unstructured.Unstructured{a}) == Fingerprint([]*unstructured.Unstructured{b}) {
		t.Error("content must matter")
	}
}
