package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

//go:embed demo/*.yaml
var demoFiles embed.FS

// planeNamespace has the pods of the data plane.
const planeNamespace = "bookinfo"

const demoManager = "sidestep-demo"

// DemoObjects reads the embedded workloads.
func DemoObjects() ([]*unstructured.Unstructured, error) {
	names, err := fs.Glob(demoFiles, "demo/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*unstructured.Unstructured
	for _, name := range names {
		text, err := demoFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		objects, err := Objects(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, objects...)
	}
	return all, nil
}

// applyDemo creates the demo workloads once in the life of the data, and waits until they run.
func (s *Sandbox) applyDemo(ctx context.Context) error {
	objects, err := DemoObjects()
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	namespaces, rest := splitNamespaces(objects)
	apply := Applier{Cluster: s.cluster, Manager: demoManager}
	// Namespaces first: a pod that is created before its namespace carries the injection label would stay without a sidecar.
	if _, _, err := apply.ApplyOnce(limited, "demo-namespaces", namespaces); err != nil {
		return err
	}
	kept, first, err := apply.ApplyOnce(limited, "demo", rest)
	if err != nil {
		return err
	}
	for _, name := range kept {
		say("kept %s as it was changed by hand", name)
	}
	s.watch.step("demo applied")
	return s.awaitDemo(ctx, namespaces, first)
}

func splitNamespaces(objects []*unstructured.Unstructured) (namespaces, rest []*unstructured.Unstructured) {
	for _, o := range objects {
		if o.GetKind() == "Namespace" {
			namespaces = append(namespaces, o)
		} else {
			rest = append(rest, o)
		}
	}
	return namespaces, rest
}

// awaitDemo waits longer, and insists, on the first start. On later ones a person may have scaled, deleted or broken
// anything, and must still get a cluster to repair it in.
func (s *Sandbox) awaitDemo(ctx context.Context, namespaces []*unstructured.Unstructured, first bool) error {
	limit := 8 * time.Second
	if first {
		limit = 90 * time.Second
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		pending, err := s.demoPending(limited, namespaces)
		if err == nil && len(pending) == 0 {
			s.watch.step("demo pods running")
			return nil
		}
		if err := s.Dead(); err != nil {
			return err
		}
		if pause(limited, 100*time.Millisecond) {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		problem := fmt.Errorf("the demo does not run completely after %s: %s", limit, strings.Join(pending, ", "))
		if first {
			return problem
		}
		say("warning: %v", problem)
		return nil
	}
}

// demoPending names what still lacks pods, and pods that do not run or should carry a sidecar and do not.
func (s *Sandbox) demoPending(ctx context.Context, namespaces []*unstructured.Unstructured) (pending []string, err error) {
	for _, n := range namespaces {
		name := n.GetName()
		// These become ready after the sandbox: Envoy may have to be downloaded first.
		if name == planeNamespace && s.plane() == nil {
			continue
		}
		short, err := s.shortOfPods(ctx, name)
		if err != nil {
			return nil, err
		}
		pending = append(pending, short...)
		pods, err := s.cluster.typed.CoreV1().Pods(name).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		injected := n.GetLabels()["istio-injection"] == "enabled"
		for _, p := range pods.Items {
			if problem := podProblem(&p, injected); problem != "" {
				pending = append(pending, fmt.Sprintf("pod %s/%s %s", name, p.Name, problem))
			}
		}
	}
	return pending, nil
}

func podProblem(p *corev1.Pod, injected bool) string {
	switch {
	case p.Status.Phase != corev1.PodRunning && p.Status.Phase != corev1.PodSucceeded:
		return "is " + string(p.Status.Phase)
	case injected && !p.Spec.HostNetwork && p.Annotations["sidecar.istio.io/status"] == "":
		return "has no sidecar"
	}
	return ""
}

func (s *Sandbox) shortOfPods(ctx context.Context, namespace string) (pending []string, err error) {
	apps := s.cluster.typed.AppsV1()
	deployments, err := apps.Deployments(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for _, d := range deployments.Items {
		if d.Status.ReadyReplicas < *d.Spec.Replicas {
			pending = append(pending, "deployment "+namespace+"/"+d.Name)
		}
	}
	sets, err := apps.StatefulSets(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for _, set := range sets.Items {
		if set.Status.ReadyReplicas < *set.Spec.Replicas {
			pending = append(pending, "stateful set "+namespace+"/"+set.Name)
		}
	}
	daemons, err := apps.DaemonSets(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for _, d := range daemons.Items {
		if d.Status.ObservedGeneration < d.Generation || d.Status.NumberReady < d.Status.DesiredNumberScheduled {
			pending = append(pending, "daemon set "+namespace+"/"+d.Name)
		}
	}
	jobs, err := s.cluster.typed.BatchV1().Jobs(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for _, j := range jobs.Items {
		if j.Status.Succeeded == 0 {
			pending = append(pending, "job "+namespace+"/"+j.Name)
		}
	}
	return pending, nil
}
