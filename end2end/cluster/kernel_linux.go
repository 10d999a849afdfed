package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"sidestep.dev/end2end/cluster/userns"
)

// KernelQuestion is a pod by its rules, in the form of iptables-restore, and what is sent.
type KernelQuestion struct {
	IPv4   string  `json:"ipv4"`
	IPv6   string  `json:"ipv6"`
	Probes []Probe `json:"probes"`
}

// KernelAnswer says for each probe who received it: a port of the sidecar, "app", "peer", or why nobody did.
type KernelAnswer struct {
	Received []string `json:"received"`
	Error    string   `json:"error,omitempty"`
}

// programs that load rules; they come with Debian's package iptables.
var programs = []string{"iptables-restore", "ip6tables-restore"}

// everyKind has one rule of each kind that Istio writes: a kernel may lack the module for any of them.
const everyKind = `* mangle
-A PREROUTING -m conntrack --ctstate INVALID -j DROP
-A PREROUTING -p tcp -m mark --mark 1337 -j CONNMARK --save-mark
-A PREROUTING -p tcp -j TPROXY --tproxy-mark 1337/0xffffffff --on-port 15006
-A OUTPUT -p tcp -m connmark --mark 1337 -j CONNMARK --restore-mark
-A OUTPUT -p tcp -o lo -j MARK --set-mark 1338
COMMIT
* nat
-A OUTPUT -p tcp -m multiport ! --dports 53,15008 -m owner --uid-owner 1337 -j REDIRECT --to-ports 15006
COMMIT
* raw
-A OUTPUT -p udp --dport 53 -m owner --gid-owner 1337 -j CT --zone 1
COMMIT
`

// kernelProbes answers questions, one JSON object a line: the rules are loaded into a network namespace, real TCP and UDP is
// sent there and from a second one, and the sockets that receive it are the answer. With --check it only says whether that
// can be done here.
func kernelProbes(args []string) int {
	if os.Geteuid() != 0 {
		return againAsRoot()
	}
	lab, err := checkedLab()
	if err != nil {
		return complain(userns.Explain(err))
	}
	if len(args) > 0 && args[0] == "--check" {
		return 0
	}
	return eachLine(func(line []byte) (any, error) {
		var q KernelQuestion
		if err := json.Unmarshal(line, &q); err != nil {
			return nil, err
		}
		return lab.ask(q), nil
	})
}

// againAsRoot runs this very command as root of a user namespace.
func againAsRoot() int {
	self, err := os.Executable()
	if err != nil {
		return complain(err)
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := userns.Start(cmd); err != nil {
		return complain(notRoot(err))
	}
	if err := cmd.Wait(); cmd.ProcessState == nil {
		return complain(err)
	}
	return cmd.ProcessState.ExitCode()
}

// notRoot says that nothing can be started as root with mounts of its own, and by which way that was tried.
func notRoot(err error) error {
	if os.Geteuid() == 0 {
		return fmt.Errorf("root may not have mounts of its own here, as in a container without CAP_SYS_ADMIN: %w", err)
	}
	return fmt.Errorf("without root it takes a user namespace: %w", err)
}

// checkedLab makes a lab whose kernel takes every kind of rule.
func checkedLab() (*Lab, error) {
	// An ordinary user's PATH often lacks the folders of what only root used to run.
	if err := os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin:/sbin"); err != nil {
		return nil, err
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("there is no %s: `apt-get install iptables`", program)
		}
	}
	lab, err := NewLab()
	if err != nil {
		return nil, fmt.Errorf("network namespaces cannot be made here: %w", err)
	}
	for _, program := range programs {
		if err := load(lab.pod, program, everyKind); err != nil {
			return nil, fmt.Errorf("this kernel does not take rules as Istio writes them: %w", err)
		}
	}
	return lab, nil
}

func (l *Lab) ask(q KernelQuestion) KernelAnswer {
	texts := map[string]string{programs[0]: q.IPv4, programs[1]: q.IPv6}
	for _, program := range programs {
		if err := load(l.pod, program, texts[program]); err != nil {
			return KernelAnswer{Error: err.Error()}
		}
	}
	received := make([]string, len(q.Probes))
	limit := make(chan struct{}, 16)
	var wait sync.WaitGroup
	for i, p := range q.Probes {
		limit <- struct{}{}
		wait.Go(func() {
			received[i] = l.send(p)
			<-limit
		})
	}
	wait.Wait()
	return KernelAnswer{Received: received}
}
