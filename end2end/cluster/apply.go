package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// Cluster talks to the API server as admin.
type Cluster struct {
	dynamic dynamic.Interface
	typed   *kubernetes.Clientset
	mapper  *restmapper.DeferredDiscoveryRESTMapper
}

// Connect does not limit its own rate: the only other client is waiting for us.
func Connect(kubeconfig string) (*Cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = -1, 0
	config.WarningHandler = nil
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(typed.Discovery()))
	return &Cluster{dyn, typed, mapper}, nil
}

// Objects decodes a YAML stream, leaving out empty documents.
func Objects(text []byte) ([]*unstructured.Unstructured, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	var result []*unstructured.Unstructured
	for {
		o := &unstructured.Unstructured{}
		err := decoder.Decode(&o.Object)
		if errors.Is(err, io.EOF) {
			return result, nil
		}
		if err != nil {
			return nil, err
		}
		if len(o.Object) > 0 {
			result = append(result, o)
		}
	}
}

// Applier writes objects by server-side apply.
type Applier struct {
	Cluster *Cluster
	Manager string
	// Force takes fields over from others. Without it, what a person changed stays as that person left it.
	Force bool
}

// Apply writes all objects, eight at a time and in no order: each is tried again until what it needs (its namespace,
// its definition, a service account, a webhook) is there or the context ends. It returns those that somebody else
// has changed and that were therefore left alone.
func (a Applier) Apply(ctx context.Context, objects []*unstructured.Unstructured) (kept []string, err error) {
	var (
		wait   sync.WaitGroup
		lock   sync.Mutex
		failed []error
		slots  = make(chan struct{}, 8)
	)
	for _, o := range objects {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			left, err := a.one(ctx, o)
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				failed = append(failed, fmt.Errorf("cannot apply %s: %w", nameOf(o), err))
			} else if left {
				kept = append(kept, nameOf(o))
			}
		})
	}
	wait.Wait()
	return kept, errors.Join(failed...)
}

func (a Applier) one(ctx context.Context, o *unstructured.Unstructured) (left bool, err error) {
	for {
		var client dynamic.ResourceInterface
		if client, err = a.Cluster.resource(o); err == nil {
			_, err = client.Apply(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: a.Manager, Force: a.Force})
		}
		switch {
		case err == nil:
			return false, nil
		case apierrors.IsConflict(err) && !a.Force:
			return true, nil
		case apierrors.IsInvalid(err):
			// Pods and Jobs cannot be changed in place; one that is there already is as good.
			_, getErr := client.Get(ctx, o.GetName(), metav1.GetOptions{})
			return getErr == nil, errIf(getErr != nil, err)
		case meta.IsNoMatchError(err):
			a.Cluster.mapper.Reset()
		}
		if !pause(ctx, 150*time.Millisecond) {
			return false, err
		}
	}
}

func (c *Cluster) resource(o *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := o.GroupVersionKind()
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return c.dynamic.Resource(mapping.Resource), nil
	}
	namespace := o.GetNamespace()
	if namespace == "" {
		namespace = "default"
	}
	return c.dynamic.Resource(mapping.Resource).Namespace(namespace), nil
}

func nameOf(o *unstructured.Unstructured) string {
	if o.GetNamespace() == "" {
		return o.GetKind() + " " + o.GetName()
	}
	return o.GetKind() + " " + o.GetNamespace() + "/" + o.GetName()
}

func errIf(yes bool, err error) error {
	if yes {
		return err
	}
	return nil
}

// pause waits, and says false when the context ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
