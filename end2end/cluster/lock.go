package main

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// errHeld says that another supervisor uses the folder.
var errHeld = errors.New("a sandbox is already using this folder")

// Lock takes the folder for this process. The kernel lets go of it however the process ends, so it cannot be stale.
func (l Layout) Lock() (*os.File, error) {
	f, err := os.OpenFile(l.lock(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errHeld
		}
		return nil, err
	}
	return f, nil
}

// EndLeftOvers kills what an earlier supervisor left running. Only to be called while holding the lock.
func (l Layout) EndLeftOvers() {
	for _, name := range l.remembered() {
		if id, err := l.ReadPid(name); err == nil && id.Signal(unix.SIGKILL) == nil {
			say("ended %s (process %d), left over from an earlier run", name, id.Pid)
			for end := time.Now().Add(3 * time.Second); id.Alive() && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond)
			}
		}
		l.RemovePid(name)
	}
	_ = os.Remove(l.ready())
}
