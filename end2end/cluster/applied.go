package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sort"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What was applied is remembered in the cluster itself, in this ConfigMap, beside the data it speaks of. A restart then
// leaves alone what a person has changed or deleted since: an edited mesh configuration, a demo deployment that is gone.
const (
	markNamespace = "kube-system"
	markName      = "sidestep-sandbox"
)

// ApplyOnce applies the objects unless exactly these were applied before under this name.
func (a Applier) ApplyOnce(ctx context.Context, name string, objects []*unstructured.Unstructured) (kept []string, first bool, err error) {
	hash := Fingerprint(objects)
	before := ""
	if mark, err := a.Cluster.typed.CoreV1().ConfigMaps(markNamespace).Get(ctx, markName, metav1.GetOptions{}); err == nil {
		before = mark.Data[name]
	}
	if before == hash {
		return nil, false, nil
	}
	if kept, err = a.Apply(ctx, objects); err != nil {
		return kept, before == "", err
	}
	// One field manager a name: applying a single key must not drop the others.
	mark := Applier{Cluster: a.Cluster, Manager: markName + "-" + name, Force: true}
	_, err = mark.Apply(ctx, []*unstructured.Unstructured{{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]any{"name": markName, "namespace": markNamespace},
		"data":     map[string]any{name: hash},
	}}})
	return kept, before == "", err
}

// Fingerprint does not depend on the order of the objects: the renderer's changes from run to run.
func Fingerprint(objects []*unstructured.Unstructured) string {
	texts := make([]string, 0, len(objects))
	for _, o := range objects {
		text, _ := json.Marshal(o.Object)
		texts = append(texts, string(text))
	}
	sort.Strings(texts)
	sum := sha256.New()
	for _, text := range texts {
		sum.Write([]byte(text + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))[:32]
}
