package main

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestEachFateOfARestartedPodHasAStageOfItsOwn(t *testing.T) {
	want := map[string][]string{
		"pod-ready":       {"DoesNotExist"},
		"pod-slow":        {"- 'slow'", "durationMilliseconds: 3000"},
		"pod-never-ready": {"- 'never-ready'", "status: \"False\"\n        type: Ready", "ready: false"},
		"pod-crash-loop":  {"- 'crash-loop'", "status: \"False\"\n        type: Ready", "reason: CrashLoopBackOff"},
	}
	for _, text := range podReadyStages() {
		var stage struct {
			Metadata struct{ Name string }
			Spec     struct {
				Selector struct{ MatchExpressions []any }
			}
		}
		if err := yaml.Unmarshal([]byte(text), &stage); err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		parts, known := want[stage.Metadata.Name]
		if !known {
			t.Errorf("there is a stage %q", stage.Metadata.Name)
		}
		delete(want, stage.Metadata.Name)
		if len(stage.Spec.Selector.MatchExpressions) != 4 {
			t.Errorf("%s does not ask for a fate", stage.Metadata.Name)
		}
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s lacks %q", stage.Metadata.Name, part)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("no stage for %v", want)
	}
}
