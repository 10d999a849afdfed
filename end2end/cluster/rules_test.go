package main

import (
	"strings"
	"testing"
)

func TestTheRealIstioIptablesAnswers(t *testing.T) {
	q := RulesQuestion{
		Args: []string{"-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-x", "47.100.20.144/32", "-b", "*", "-d", "15090,15021,15020"},
		Env:  map[string]string{"ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE": "3306"},
	}
	a := q.ask()
	for _, line := range []string{
		"-A ISTIO_OUTPUT -d 47.100.20.144/32 -j RETURN\n",
		"-A ISTIO_OUTPUT -p tcp --dport 3306 -j RETURN\n",
	} {
		if !strings.Contains(a.IPv4, line) {
			t.Errorf("no %q in\n%s%s", line, a.IPv4, a.Error)
		}
	}
	if a.IPv6 != "" {
		t.Errorf("rules for IPv6 without an IPv6 address:\n%s", a.IPv6)
	}
	q.Env = nil
	if a := q.ask(); strings.Contains(a.IPv4, "3306") {
		t.Errorf("the environment of the question before is still there:\n%s", a.IPv4)
	}
	q.Args = []string{"-x", "*"}
	if a := q.ask(); a.Error == "" {
		t.Error("an impossible question is answered")
	}
}
