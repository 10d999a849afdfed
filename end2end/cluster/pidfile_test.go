package main

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

func TestIdentityFollowsOneProcessOnly(t *testing.T) {
	command := exec.Command("sleep", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	id, err := IdentityOf(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]func(*Identity){
		"start time": func(i *Identity) { i.StartTime = "1" },
		"executable": func(i *Identity) { i.Exe = "/bin/other" },
		"boot":       func(i *Identity) { i.BootID = "before" },
		"pid":        func(i *Identity) { i.Pid = os.Getpid() },
	} {
		stranger := id
		other(&stranger)
		if stranger.Alive() || stranger.Signal(unix.SIGKILL) == nil {
			t.Errorf("a process with another %s was taken for ours", name)
		}
	}
	if !id.Alive() {
		t.Error("the process runs and must be recognised")
	}
	if err := id.Signal(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	if id.Alive() {
		t.Error("the process has ended")
	}
}

func TestStatLineOfAnOddlyNamedCommand(t *testing.T) {
	start, state, err := parseStat("42 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20")
	if err != nil || start != "777" || state != "S" {
		t.Errorf("got %q, %q, %v", start, state, err)
	}
}

func TestPidFileComesBackAsWritten(t *testing.T) {
	l := newTestLayout(t)
	self, err := IdentityOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.WritePid("etcd", self); err != nil {
		t.Fatal(err)
	}
	again, err := l.ReadPid("etcd")
	if err != nil || again != self || len(l.remembered()) != 1 {
		t.Errorf("got %v, %v, %v", again, l.remembered(), err)
	}
}
