package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"sidestep.dev/end2end/cluster/userns"
)

// Part is one program of the sandbox: this same binary, started again with the part's name as first argument.
type Part struct {
	Name  string
	Args  []string
	Env   []string
	Dir   string
	Ports []*Port
	Grace time.Duration
	// Root says that it has to be root, of a user namespace where we are an ordinary user.
	Root bool
	// Without is told when the part keeps ending or cannot be started again, if the sandbox is of use without it.
	Without func(why error)
}

// Process is a running part.
type Process struct {
	Part  Part
	ID    Identity
	Start time.Time
	done  chan struct{}
	err   error
}

// spawner starts every child from one thread that never ends: Linux sends the parent-death signal when the *thread*
// that forked goes away, and Go ends idle threads at will.
type spawner struct{ requests chan func() }

func newSpawner() *spawner {
	s := &spawner{make(chan func())}
	go func() {
		runtime.LockOSThread()
		for f := range s.requests {
			f()
		}
	}()
	return s
}

// Start launches a part with nothing of our environment but what the part lists.
func (s *spawner) Start(l Layout, p Part) (*Process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(l.log(p.Name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(exe, append([]string{p.Name}, p.Args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.Dir, log, log
	cmd.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=" + l.home()}, p.Env...)
	// Setpgid keeps a Ctrl-C in the terminal from reaching the parts: the supervisor stops them, in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	for _, port := range p.Ports {
		port.Release()
	}
	start, started := cmd.Start, make(chan error)
	if p.Root {
		start = func() error { return userns.Start(cmd) }
	}
	s.requests <- func() { started <- start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", p.Name, err)
	}
	process := &Process{Part: p, Start: time.Now(), done: make(chan struct{})}
	id, idErr := IdentityOf(cmd.Process.Pid)
	go func() {
		process.err = cmd.Wait()
		close(process.done)
	}()
	if idErr == nil {
		process.ID = id
		idErr = l.WritePid(p.Name, id)
	}
	return process, idErr
}

// Ended says whether the part is gone.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Stop asks, waits for the part's grace, then insists. SIGCONT lets a paused part hear the question.
func (p *Process) Stop(l Layout) {
	if !p.Ended() {
		_ = p.ID.Signal(syscall.SIGTERM)
		_ = p.ID.Signal(syscall.SIGCONT)
		select {
		case <-p.done:
		case <-time.After(p.Part.Grace):
			_ = p.ID.Signal(syscall.SIGKILL)
			<-p.done
		}
	}
	l.RemovePid(p.Part.Name)
}

// logTail returns the end of a part's log, for the message when it fails.
func (l Layout) logTail(part string, lines int) string {
	text, err := os.ReadFile(l.log(part))
	if err != nil {
		return ""
	}
	if len(text) > 16384 {
		text = text[len(text)-16384:]
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "\n")
}
