package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	nodeheartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"

	"sidestep.dev/end2end/cluster/plane"
)

// Stages is kwok's script, from its own module: what it does to a pod or node in which state. With pod-complete, pods
// of Jobs finish as soon as they run. Of restarted pods some have a fate of their own.
func Stages() []byte {
	return []byte(strings.Join(append(podReadyStages(),
		podfast.DefaultPodComplete, podfast.DefaultPodDelete,
		nodefast.DefaultNodeInit, nodeheartbeat.DefaultNodeHeartbeatWithLease,
	), "\n---\n"))
}

const nodeCount = 3

// kwok plays the nodes that carry this annotation.
const playedNode, playedValue = "kwok.x-k8s.io/node", "fake"

// ensurePlaneNode creates the node for real pods, or hands it to kwok where they cannot be had. Only pods that tolerate its taint
// come there.
func ensurePlaneNode(ctx context.Context, c *Cluster, planned bool) error {
	if err := ensureNode(ctx, c, plane.NodeName, "127.0.0.1"); err != nil {
		return err
	}
	var played any = playedValue
	if planned {
		played = nil
	}
	return patchNode(ctx, c, plane.NodeName, map[string]any{
		"metadata": map[string]any{"annotations": map[string]any{playedNode: played}},
		"spec":     map[string]any{"taints": []corev1.Taint{{Key: "sidestep.dev/data-plane", Effect: corev1.TaintEffectNoSchedule}}},
	})
}

// EnsureNodes creates the nodes that kwok plays. It must run before kwok does: kwok keeps a kubelet version that it
// finds, and istiod reads that version to decide whether the nodes can run native sidecars.
func EnsureNodes(ctx context.Context, c *Cluster, planned bool) error {
	for n := 1; n <= nodeCount; n++ {
		if err := ensureNode(ctx, c, fmt.Sprintf("node-%d", n), fmt.Sprintf("10.0.0.%d", n)); err != nil {
			return err
		}
	}
	return ensurePlaneNode(ctx, c, planned)
}

func ensureNode(ctx context.Context, c *Cluster, name, address string) error {
	nodes := c.typed.CoreV1().Nodes()
	node, err := nodes.Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{
		Name:        name,
		Annotations: map[string]string{playedNode: playedValue},
		Labels: map[string]string{
			"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
		},
	}}, metav1.CreateOptions{})
	if err == nil {
		status := map[string]any{"status": map[string]any{
			"nodeInfo":  map[string]any{"kubeletVersion": kubernetesVersion()},
			"addresses": []any{map[string]any{"type": "InternalIP", "address": address}, map[string]any{"type": "Hostname", "address": name}},
		}}
		if err := patchNode(ctx, c, name, status, "status"); err != nil {
			return err
		}
	} else if apierrors.IsAlreadyExists(err) {
		node, err = nodes.Get(ctx, name, metav1.GetOptions{})
	}
	if err != nil {
		return err
	}
	// Admission taints every new node, and the controller that would lift the taint is switched off.
	taints := []corev1.Taint{}
	for _, t := range node.Spec.Taints {
		if t.Key != corev1.TaintNodeNotReady {
			taints = append(taints, t)
		}
	}
	return patchNode(ctx, c, name, map[string]any{"spec": map[string]any{"taints": taints}})
}

func patchNode(ctx context.Context, c *Cluster, name string, patch map[string]any, subresources ...string) error {
	text, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	_, err = c.typed.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, text, metav1.PatchOptions{}, subresources...)
	return err
}

// AwaitNodes waits until kwok has made every node ready: pods that come earlier all land on the first one.
func AwaitNodes(ctx context.Context, c *Cluster) error {
	for {
		nodes, err := c.typed.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err == nil && readyNodes(nodes.Items) >= nodeCount {
			return nil
		}
		if !pause(ctx, 50*time.Millisecond) {
			return fmt.Errorf("the nodes did not become ready: %w", errors.Join(err, ctx.Err()))
		}
	}
}

func readyNodes(nodes []corev1.Node) (ready int) {
	for _, n := range nodes {
		// Nobody waits for the node of real pods; it may have been ready in the run before.
		if n.Name == plane.NodeName {
			continue
		}
		for _, c := range n.Status.Conditions {
			if c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue {
				ready++
			}
		}
	}
	return ready
}
