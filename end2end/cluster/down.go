package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// existing parses --state for the commands that act on a sandbox of before.
func existing(name string, args []string) (l Layout, rest []string, err error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	state := flags.String("state", "", "state folder of the sandbox")
	if err = flags.Parse(args); err != nil {
		return l, nil, err
	}
	if l, err = NewLayout(*state); err != nil {
		return l, nil, err
	}
	if _, err = os.Stat(l.path("pids")); err != nil {
		return l, nil, fmt.Errorf("%s is not a state folder of the sandbox", l.Dir)
	}
	return l, flags.Args(), nil
}

// down stops the sandbox and waits for it; what has lost its supervisor is ended here.
func down(args []string) int {
	l, _, err := existing("down", args)
	if err != nil {
		return complain(err)
	}
	lock, err := l.Lock()
	if errors.Is(err, errHeld) {
		lock, err = l.stopSupervisor()
	} else if err == nil {
		say("no sandbox is running in %s", l.Dir)
	}
	if err != nil {
		return complain(err)
	}
	defer lock.Close()
	l.EndLeftOvers()
	return 0
}

// stopSupervisor returns the lock that the supervisor lets go of when it has ended.
func (l Layout) stopSupervisor() (*os.File, error) {
	id, err := l.ReadPid("supervisor")
	if err != nil {
		return nil, fmt.Errorf("a sandbox runs in %s, but its pid file cannot be read: %w", l.Dir, err)
	}
	_ = id.Signal(unix.SIGTERM)
	start, killed := time.Now(), false
	for {
		time.Sleep(20 * time.Millisecond)
		lock, err := l.Lock()
		if err == nil {
			say("stopped in %.1f s", time.Since(start).Seconds())
			return lock, nil
		}
		if !errors.Is(err, errHeld) || time.Since(start) > 20*time.Second {
			return nil, fmt.Errorf("cannot stop process %d: %w", id.Pid, err)
		}
		if !killed && time.Since(start) > 10*time.Second {
			killed = true
			_ = id.Signal(unix.SIGKILL)
		}
	}
}

// status exits with 0 when the sandbox is usable, 1 while it starts or stops, and 4 when none runs.
func status(args []string) int {
	l, _, err := existing("status", args)
	if err != nil {
		return complain(err)
	}
	lock, err := l.Lock()
	if err == nil {
		_ = lock.Close()
		say("not running")
		return 4
	}
	if !errors.Is(err, errHeld) {
		return complain(err)
	}
	ready, err := l.ReadReady()
	if err != nil {
		say("starting or stopping")
		return 1
	}
	say("running at %s\nkubeconfig: %s", ready.APIServer, ready.Kubeconfig)
	if d, err := l.ReadPlane(); err == nil {
		say("data plane: %s", strings.TrimSpace(d.State+" "+d.Reason))
	}
	for _, name := range l.remembered() {
		if id, err := l.ReadPid(name); err == nil && id.Alive() {
			say("  %-24s process %d", name, id.Pid)
		}
	}
	return 0
}

// freeze makes a part hang without ending it: connections stay open and nobody answers.
func freeze(args []string) int { return signalPart("pause", args, unix.SIGSTOP) }

// thaw undoes freeze.
func thaw(args []string) int { return signalPart("resume", args, unix.SIGCONT) }

func signalPart(command string, args []string, s unix.Signal) int {
	l, names, err := existing(command, args)
	if err != nil {
		return complain(err)
	}
	if len(names) != 1 {
		return complain(fmt.Errorf("%s takes one part, one of %v", command, l.remembered()))
	}
	id, err := l.ReadPid(names[0])
	if err != nil {
		return complain(fmt.Errorf("`%s` is not a running part: %w", names[0], err))
	}
	if err := id.Signal(s); err != nil {
		return complain(err)
	}
	return 0
}
