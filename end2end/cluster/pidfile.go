package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Identity tells one process from every other, before and after: pids are reused, so a pid alone is never enough to
// send a signal to. The boot id makes start times of different boots incomparable.
type Identity struct {
	Pid       int    `json:"pid"`
	StartTime string `json:"startTime"`
	BootID    string `json:"bootId"`
	Exe       string `json:"exe"`
}

// IdentityOf reads what the kernel says about a running process.
func IdentityOf(pid int) (Identity, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Identity{}, err
	}
	start, state, err := parseStat(string(stat))
	if err != nil {
		return Identity{}, err
	}
	if state == "Z" {
		return Identity{}, fmt.Errorf("process %d has ended", pid)
	}
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return Identity{}, err
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Identity{}, err
	}
	// A rebuilt binary leaves its running processes with a link that ends in " (deleted)".
	exe = strings.TrimSuffix(exe, " (deleted)")
	return Identity{Pid: pid, StartTime: start, BootID: strings.TrimSpace(string(boot)), Exe: exe}, nil
}

// parseStat takes the state (field 3) and the start time (field 22). The command name before them may hold blanks and
// brackets, so counting begins after the last bracket.
func parseStat(text string) (start, state string, err error) {
	end := strings.LastIndexByte(text, ')')
	fields := strings.Fields(text[end+1:])
	if end < 0 || len(fields) < 20 {
		return "", "", fmt.Errorf("not a process status line: %q", text)
	}
	return fields[19], fields[0], nil
}

// Alive says whether exactly this process still runs.
func (i Identity) Alive() bool {
	now, err := IdentityOf(i.Pid)
	return err == nil && now == i
}

// Signal reaches this process or nobody.
func (i Identity) Signal(s unix.Signal) error {
	if !i.Alive() {
		return fmt.Errorf("process %d of this sandbox no longer runs", i.Pid)
	}
	return unix.Kill(i.Pid, s)
}

func (l Layout) pidFile(part string) string { return l.path("pids", part+".json") }

// WritePid remembers a process of this sandbox for a later `up`, `down` or `pause`.
func (l Layout) WritePid(part string, i Identity) error {
	text, err := json.Marshal(i)
	if err != nil {
		return err
	}
	return writeAtomically(l.pidFile(part), append(text, '\n'))
}

// ReadPid returns the remembered process; it may have ended since.
func (l Layout) ReadPid(part string) (Identity, error) {
	var i Identity
	text, err := os.ReadFile(l.pidFile(part))
	if err != nil {
		return i, err
	}
	return i, json.Unmarshal(text, &i)
}

// RemovePid forgets a process.
func (l Layout) RemovePid(part string) { _ = os.Remove(l.pidFile(part)) }

// remembered lists the parts that have a pid file.
func (l Layout) remembered() []string {
	files, _ := filepath.Glob(l.path("pids", "*.json"))
	var parts []string
	for _, f := range files {
		parts = append(parts, strings.TrimSuffix(filepath.Base(f), ".json"))
	}
	return parts
}
