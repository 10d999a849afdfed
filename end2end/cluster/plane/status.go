package plane

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// containerFacts is how a container stands. The zero value waits for its turn.
type containerFacts struct {
	// started is when it started; ended when it ended, by itself.
	started, ended time.Time
	exitCode       int32
	// ready is whether it can take traffic.
	ready bool
	// reason and message say why a container waits or is not ready.
	reason, message string
	restarts        int32
}

// facts is what running a pod has shown.
type facts struct {
	ip         string
	began      time.Time
	containers map[string]containerFacts
}

// statusOf is the pod's status, as a kubelet would write it.
func statusOf(pod *corev1.Pod, f facts, now time.Time) corev1.PodStatus {
	initialized, ready, message := true, true, ""
	status := corev1.PodStatus{
		Phase: corev1.PodRunning, QOSClass: pod.Status.QOSClass,
		PodIP: f.ip, HostIP: bridgeIP, HostIPs: []corev1.HostIP{{IP: bridgeIP}}, StartTime: &metav1.Time{Time: f.began},
	}
	if f.ip != "" {
		status.PodIPs = []corev1.PodIP{{IP: f.ip}}
	}
	for _, c := range pod.Spec.InitContainers {
		at := f.containers[c.Name]
		status.InitContainerStatuses = append(status.InitContainerStatuses, containerStatus(c.Name, c.Image, at))
		if c.RestartPolicy != nil {
			initialized = initialized && !at.started.IsZero() && at.reason != starting
			ready = ready && at.ready
		} else {
			initialized = initialized && !at.ended.IsZero() && at.exitCode == 0
		}
		message = firstOf(message, at.message)
	}
	for _, c := range pod.Spec.Containers {
		at := f.containers[c.Name]
		status.ContainerStatuses = append(status.ContainerStatuses, containerStatus(c.Name, c.Image, at))
		ready = ready && at.ready
		message = firstOf(message, at.message)
	}
	for _, c := range pod.Spec.EphemeralContainers {
		status.EphemeralContainerStatuses = append(status.EphemeralContainerStatuses, containerStatus(c.Name, c.Image, f.containers[c.Name]))
	}
	if !initialized {
		status.Phase = corev1.PodPending
	}
	ready = ready && initialized
	status.Message = message
	status.Conditions = slices.Clone(pod.Status.Conditions)
	set := func(kind corev1.PodConditionType, holds bool, reason string) {
		status.Conditions = withCondition(status.Conditions, kind, holds, reason, message, now)
	}
	set("PodReadyToStartContainers", f.ip != "", "")
	set(corev1.PodInitialized, initialized, "ContainersNotInitialized")
	set(corev1.ContainersReady, ready, "ContainersNotReady")
	set(corev1.PodReady, ready, "ContainersNotReady")
	return status
}

// starting is the reason of a container whose process runs and has not shown itself yet.
const starting = "Starting"

func containerStatus(name, image string, at containerFacts) corev1.ContainerStatus {
	running := !at.started.IsZero() && at.ended.IsZero()
	showed := running && at.reason != starting
	status := corev1.ContainerStatus{
		Name: name, Image: image, ImageID: "sandbox://" + image, Ready: at.ready || (!at.ended.IsZero() && at.exitCode == 0),
		RestartCount: at.restarts, Started: &showed,
	}
	switch {
	case running:
		status.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.Time{Time: at.started}}
		status.ContainerID = "sandbox://" + name
	case !at.ended.IsZero():
		reason := "Completed"
		if at.exitCode != 0 {
			reason = "Error"
		}
		status.State.Terminated = &corev1.ContainerStateTerminated{
			ExitCode: at.exitCode, Reason: reason, Message: at.message,
			StartedAt: metav1.Time{Time: at.started}, FinishedAt: metav1.Time{Time: at.ended},
		}
		status.ContainerID = "sandbox://" + name
	default:
		status.State.Waiting = &corev1.ContainerStateWaiting{Reason: firstOf(at.reason, "PodInitializing"), Message: at.message}
	}
	return status
}

func withCondition(all []corev1.PodCondition, kind corev1.PodConditionType, holds bool, reason, message string, now time.Time) []corev1.PodCondition {
	condition := corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Time{Time: now}}
	if !holds {
		condition.Status, condition.Reason, condition.Message = corev1.ConditionFalse, reason, message
	}
	for i, c := range all {
		if c.Type == kind {
			if c.Status == condition.Status {
				condition.LastTransitionTime = c.LastTransitionTime
			}
			all[i] = condition
			return all
		}
	}
	return append(all, condition)
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
