package main

import (
	"context"
	"os"
	"strings"
	"testing"
)

// supervised is a supervisor of one part that has ended and cannot be started again, as its folder is a file.
func supervised(t *testing.T, without func(error)) *Supervisor {
	l, err := NewLayout(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := part(l, "broken", 0)
	p.Without = without
	if err := os.MkdirAll(l.home(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.Dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ended := &Process{Part: p, done: make(chan struct{})}
	close(ended.done)
	s := newSupervisor(l)
	s.running = []*Process{ended}
	return s
}

func TestTheSandboxGoesOnWithoutAnOptionalPartThatCannotBeStartedAgain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := make(chan error, 1)
	s := supervised(t, func(why error) { told <- why })
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	select {
	case why := <-told:
		if !strings.Contains(why.Error(), "not a directory") {
			t.Error(why)
		}
	case err := <-ended:
		t.Fatalf("the sandbox ended: %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if len(s.running) != 0 {
		t.Errorf("%d parts are taken to run", len(s.running))
	}
}

func TestTheSandboxEndsWithAnyOtherPartThatCannotBeStartedAgain(t *testing.T) {
	err := supervised(t, nil).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Error(err)
	}
}
