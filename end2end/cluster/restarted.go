package main

import (
	"fmt"
	"strings"

	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
)

// restartedLabel on a pod template says what becomes of the pods that a restart makes. The pods before it start as all
// others do, so that a workload is healthy until somebody restarts it.
const restartedLabel = "sandbox.sidestep.dev/restarted"

// fate is the label's value for a pod of a restarted template, and nothing for others.
const fate = `'if .metadata.annotations["kubectl.kubernetes.io/restartedAt"] then .metadata.labels["` + restartedLabel + `"] else null end'`

const (
	// slowStart is how long pods with the label's value `slow` take.
	slowStart = "3000"

	selectorEnd = "  next:\n"
	isReady     = "        status: \"True\"\n        type: Ready\n"
	running     = "        ready: true\n        restartCount: 0\n        state:\n          running:\n            startedAt: {{ $now | Quote }}\n      {{ end }}\n\n      initContainerStatuses:"
)

// podReadyStages are kwok's stage that makes pods ready, without those whose fate is another, and a stage for each fate.
func podReadyStages() []string {
	kwoks := tidy(podfast.DefaultPodReady)
	crashing := "        ready: false\n        restartCount: 5\n        state:\n          waiting:\n            reason: CrashLoopBackOff\n      {{ end }}\n\n      initContainerStatuses:"
	waiting := strings.Replace(running, "ready: true", "ready: false", 1)
	return []string{
		selecting(kwoks, "pod-ready", "DoesNotExist"),
		strings.Replace(selecting(kwoks, "pod-slow", "In", "slow"), selectorEnd, "  delay:\n    durationMilliseconds: "+slowStart+"\n"+selectorEnd, 1),
		unready(selecting(kwoks, "pod-never-ready", "In", "never-ready"), waiting),
		unready(selecting(kwoks, "pod-crash-loop", "In", "crash-loop"), crashing),
	}
}

// selecting narrows the stage to pods with a fate, and names it.
func selecting(stage, name, operator string, values ...string) string {
	expression := fmt.Sprintf("    - key: %s\n      operator: '%s'\n", fate, operator)
	if len(values) > 0 {
		expression += fmt.Sprintf("      values:\n      - '%s'\n", strings.Join(values, "'\n      - '"))
	}
	stage = strings.Replace(stage, "name: pod-ready", "name: "+name, 1)
	return strings.Replace(stage, selectorEnd, expression+selectorEnd, 1)
}

// unready lets the pod run and its containers be in this state, and never be ready.
func unready(stage, containers string) string {
	stage = strings.Replace(stage, isReady, strings.Replace(isReady, "True", "False", 1), 1)
	return strings.Replace(stage, running, containers, 1)
}

// tidy drops blanks at the ends of lines.
func tidy(text string) string {
	lines := strings.Split(text, "\n")
	for n := range lines {
		lines[n] = strings.TrimRight(lines[n], " ")
	}
	return strings.Join(lines, "\n")
}
