package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// startMesh installs Istio's objects, starts istiod as soon as it can find its configuration, and the parts that
// turn Deployments into running pods.
func (s *Sandbox) startMesh(ctx context.Context, rendered func() (*Istio, error)) error {
	limited, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	istio, err := rendered()
	if err != nil {
		return err
	}
	base := "https://" + s.ports.IstiodHTTPS.Addr()
	if err := PointWebhooksAt(base, s.ca.PEM, istio.Webhooks); err != nil {
		return err
	}
	install := Applier{Cluster: s.cluster, Manager: "sidestep-sandbox"}
	kept, _, err := install.ApplyOnce(limited, "istio-config", istio.Early)
	if err != nil {
		return err
	}
	pilot, err := s.Start(istiod(s.layout, s.ports))
	if err != nil {
		return err
	}
	for _, p := range []Part{controllerManager(s.layout), scheduler(s.layout)} {
		if _, err := s.Start(p); err != nil {
			return err
		}
	}
	failures := make([]error, 4)
	var wait sync.WaitGroup
	wait.Go(func() {
		var more []string
		more, _, failures[0] = install.ApplyOnce(limited, "istio", istio.Rest)
		kept = append(kept, more...)
	})
	wait.Go(func() {
		// Always, and by force: the ports are new with every start.
		force := Applier{Cluster: s.cluster, Manager: "sidestep-sandbox", Force: true}
		_, failures[1] = force.Apply(limited, istio.Webhooks)
	})
	wait.Go(func() { failures[2] = s.startNodes(limited) })
	wait.Go(func() {
		access, err := Objects(accessYAML)
		if err == nil {
			_, _, err = install.ApplyOnce(limited, "access", access)
		}
		failures[3] = err
	})
	wait.Wait()
	if err := errors.Join(failures...); err != nil {
		return err
	}
	for _, name := range kept {
		say("kept %s as it was changed by hand", name)
	}
	s.watch.step("Istio objects, nodes and users applied")
	if err := s.probe.until(ctx, pilot, "http://"+s.ports.IstiodHTTP.Addr()+"/ready", 60*time.Second); err != nil {
		return err
	}
	if err := AwaitNodes(limited, s.cluster); err != nil {
		return errors.Join(s.Dead(), err)
	}
	s.watch.step("istiod and nodes ready")
	return s.awaitInjection(ctx)
}

func (s *Sandbox) startNodes(ctx context.Context) error {
	if err := EnsureNodes(ctx, s.cluster, s.plane() == nil); err != nil {
		return fmt.Errorf("cannot create the nodes: %w", err)
	}
	_, err := s.Start(kwokPlayer(s.layout))
	return err
}

// awaitInjection asks for a pod, as a dry run, until it comes back with a sidecar: the API server needs a moment to
// notice new webhook configurations, and a pod created in that moment would stay without.
func (s *Sandbox) awaitInjection(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "sandbox-probe", Labels: map[string]string{"sidecar.istio.io/inject": "true"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "probe", Image: "probe"}}},
	}
	for {
		answer, err := s.cluster.typed.CoreV1().Pods("default").Create(limited, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil && answer.Annotations["sidecar.istio.io/status"] != "" {
			s.watch.step("injection works")
			return nil
		}
		if !pause(limited, 50*time.Millisecond) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			// Not fatal: a webhook that a person stored, and whose server is not running, can be the reason.
			say("warning: pods are not injected yet (%v); see %s", err, s.layout.log(istiodPart))
			return nil
		}
	}
}
