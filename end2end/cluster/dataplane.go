package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sidestep.dev/end2end/cluster/plane"
	"sidestep.dev/end2end/cluster/userns"
)

// DataPlane says how the node of real pods stands.
type DataPlane struct {
	// State is `starting`, `ready` or `absent`.
	State string `json:"state"`
	// Reason says why it is absent.
	Reason string `json:"reason,omitempty"`
	// Node is the node to run pods on; it is there in any case, and without a data plane its pods are played like all others.
	Node     string   `json:"node"`
	External []string `json:"external"`
	Seconds  float64  `json:"seconds,omitempty"`
}

func dataPlane(state, reason string) DataPlane {
	return DataPlane{State: state, Reason: reason, Node: plane.NodeName, External: plane.External}
}

// cannotPlane says why there can be no data plane here, if so: a node agent tries all that a pod needs. It takes half a second, while
// etcd starts.
func cannotPlane(ctx context.Context, l Layout) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if _, err := podProgram(); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var output bytes.Buffer
	cmd := exec.CommandContext(limited, self, nodeAgentPart, "--check", "--state", l.Dir)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := userns.Start(cmd); err != nil {
		return notRoot(err)
	}
	if err := cmd.Wait(); err != nil {
		return errors.New(cmp.Or(strings.TrimPrefix(strings.TrimSpace(output.String()), "sidestep-sandbox: "), err.Error()))
	}
	return nil
}

// podProgram is the second binary of the sandbox, beside this one.
func podProgram() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), "sidestep-pod")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("there is no %s: `cargo xtask sandbox` builds it", path)
	}
	return path, nil
}

// startPlane gets Envoy, which may have to be downloaded, and starts the node agent; the sandbox is usable meanwhile. If that
// fails, the node's pods are played, and the state says why.
func (s *Sandbox) startPlane(ctx context.Context) {
	pod, err := podProgram()
	var envoy string
	if err == nil {
		envoy, err = plane.Envoy(ctx, filepath.Dir(pod))
	}
	if err == nil {
		_, err = s.Start(nodeAgent(s.layout, s.ports, envoy, func(why error) { s.withoutPlane(ctx, why) }))
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	s.withoutPlane(ctx, err)
}

// withoutPlane hands the node over to kwok.
func (s *Sandbox) withoutPlane(ctx context.Context, why error) {
	say("no data plane: %v", why)
	if err := s.layout.WritePlane(dataPlane("absent", why.Error())); err != nil {
		say("warning: %v", err)
	}
	if err := ensurePlaneNode(ctx, s.cluster, false); err != nil && ctx.Err() == nil {
		say("warning: the node %s cannot be given to kwok: %v", plane.NodeName, err)
	}
}

// runNodeAgent is a part: see package plane.
func runNodeAgent() int {
	began := time.Now()
	flags := flag.NewFlagSet(nodeAgentPart, flag.ContinueOnError)
	state := flags.String("state", "", "state folder of the sandbox")
	envoy := flags.String("envoy", "", "Envoy's binary")
	istiod := flags.String("istiod", "", "address of istiod's plain port")
	check := flags.Bool("check", false, "only say whether pods can be had here")
	if flags.Parse(os.Args[1:]) != nil {
		return 2
	}
	if !userns.Own() {
		return complain(errors.New("not for people: `up` starts this, with mounts of its own"))
	}
	l, err := NewLayout(*state)
	if err != nil {
		return complain(err)
	}
	pod, err := podProgram()
	if err != nil {
		return complain(err)
	}
	config := plane.Config{
		Kubeconfig: l.kubeconfig("admin"), Folder: l.path("home", nodeAgentPart, "pods"),
		Pod: pod, Envoy: *envoy, Istiod: *istiod,
		Cert: l.cert(nodeAgentPart + ".crt"), Key: l.cert(nodeAgentPart + ".key"), CA: l.cert("ca.crt"),
		Report: func() {
			d := dataPlane("ready", "")
			d.Seconds = time.Since(began).Round(10 * time.Millisecond).Seconds()
			if err := l.WritePlane(d); err != nil {
				complain(err)
			}
		},
	}
	if *check {
		if err := checkNodeAgent(config); err != nil {
			return complain(userns.Explain(err))
		}
		return 0
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	if err := plane.Run(ctx, config); err != nil {
		_ = l.WritePlane(dataPlane("absent", err.Error()))
		return complain(err)
	}
	return 0
}

// checkNodeAgent tries the rules, then a pod.
func checkNodeAgent(config plane.Config) error {
	if _, err := checkedLab(); err != nil {
		return err
	}
	return plane.Check(config)
}
