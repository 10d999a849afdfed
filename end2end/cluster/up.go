package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"k8s.io/component-base/version"

	"sidestep.dev/end2end/cluster/plane"
)

//go:embed access.yaml
var accessYAML []byte

// exitRunning is the exit code of `up` when the folder already has a live sandbox.
const exitRunning = 3

func kubernetesVersion() string { return version.Get().GitVersion }

// up is the foreground supervisor.
func up(args []string) int {
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	state := flags.String("state", "", "folder for everything the sandbox keeps")
	demo := flags.Bool("demo", true, "create demo workloads")
	dataPlane := flags.Bool("data-plane", true, "give pods of one node a real network and Envoy, where the machine allows it")
	if flags.Parse(args) != nil {
		return 2
	}
	l, err := NewLayout(*state)
	if err != nil {
		return complain(err)
	}
	if err := l.Create(); err != nil {
		return complain(err)
	}
	lock, err := l.Lock()
	if errors.Is(err, errHeld) {
		say("a sandbox is already running in %s\nkubeconfig: %s", l.Dir, l.kubeconfig("admin"))
		return exitRunning
	}
	if err != nil {
		return complain(err)
	}
	defer lock.Close()
	l.EndLeftOvers()
	l.rotateLogs()
	// What a killed supervisor left: nobody should take it for ours.
	_ = os.Remove(l.dataPlane())

	self, err := IdentityOf(os.Getpid())
	if err != nil {
		return complain(err)
	}
	if err := l.WritePid("supervisor", self); err != nil {
		return complain(err)
	}
	defer l.RemovePid("supervisor")
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()

	s := &Sandbox{Supervisor: newSupervisor(l), watch: newStopwatch(), demo: *demo, plane: sync.OnceValue(func() error {
		if !*dataPlane {
			return errors.New("switched off by --data-plane=false")
		}
		return cannotPlane(ctx, l)
	})}
	err = s.start(ctx)
	if err == nil {
		err = s.Run(ctx)
	}
	interrupted := ctx.Err() != nil
	_ = os.Remove(l.ready())
	_ = os.Remove(l.dataPlane())
	stopping := time.Now()
	s.Stop()
	say("stopped in %.1f s", time.Since(stopping).Seconds())
	if err != nil && !interrupted {
		return complain(err)
	}
	return 0
}

// rotateLogs keeps the logs of the run before this one.
func (l Layout) rotateLogs() {
	for _, name := range []string{etcdPart, apiServerPart, controllerPart, schedulerPart, istiodPart, kwokPart, nodeAgentPart} {
		_ = os.Rename(l.log(name), l.log(name)+".1")
	}
}

// Sandbox is one run of `up`.
type Sandbox struct {
	*Supervisor
	watch *stopwatch
	demo  bool
	// plane says why there can be no data plane here, if so.
	plane func() error

	ports   *Ports
	users   []User
	ca      *Authority
	probe   *probe
	cluster *Cluster
}

// start brings everything up and publishes ready.json.
func (s *Sandbox) start(ctx context.Context) error {
	rendered := renderInBackground()
	go func() { _ = s.plane() }()
	if err := s.prepare(); err != nil {
		return err
	}
	if err := s.startStore(ctx); err != nil {
		return err
	}
	var err error
	if s.cluster, err = Connect(s.layout.kubeconfig("admin")); err != nil {
		return err
	}
	if err := s.startMesh(ctx, rendered); err != nil {
		return err
	}
	if s.demo {
		if err := s.applyDemo(ctx); err != nil {
			return err
		}
	}
	if err := s.publish(); err != nil {
		return err
	}
	if s.plane() == nil {
		go s.startPlane(ctx)
	}
	return nil
}

func (s *Sandbox) prepare() (err error) {
	l, now := s.layout, time.Now()
	if s.ca, err = LoadOrCreateAuthority(l, now); err != nil {
		return err
	}
	if err = EnsureServiceAccountKey(l); err != nil {
		return err
	}
	if err = s.ca.Issue(l, apiServerPart, now, "kubernetes.default.svc"); err != nil {
		return err
	}
	if err = s.ca.Issue(l, istiodPart, now, "istiod.istio-system.svc"); err != nil {
		return err
	}
	if err = s.ca.Issue(l, nodeAgentPart, now); err != nil {
		return err
	}
	if err = s.ca.IssueClient(l, plane.KubeletClient, now); err != nil {
		return err
	}
	if s.users, err = LoadOrCreateTokens(l); err != nil {
		return err
	}
	s.probe = newProbe(s.Supervisor, s.ca.PEM)
	return writeAtomically(l.stages(), Stages())
}

func (s *Sandbox) server() string { return "https://" + s.ports.APIServer.Addr() }

func (s *Sandbox) publish() error {
	l := s.layout
	r := Ready{
		APIServer: s.server(), Kubeconfig: l.kubeconfig("admin"),
		Kubeconfigs: map[string]string{}, Tokens: map[string]string{},
		CAFile:          l.cert("ca.crt"),
		IstiodInjectURL: "https://" + s.ports.IstiodHTTPS.Addr() + "/inject",
		IstiodXDS:       s.ports.IstiodGRPC.Addr(),
		IstiodDebugURL:  "http://" + s.ports.IstiodHTTP.Addr(),
		SupervisorPid:   os.Getpid(),
		ReadySeconds:    math.Round(s.watch.total()*10) / 10,
		DataPlane:       dataPlane("starting", ""),
	}
	if why := s.plane(); why != nil {
		r.DataPlane = dataPlane("absent", why.Error())
	}
	if err := l.WritePlane(r.DataPlane); err != nil {
		return err
	}
	for _, u := range s.users {
		r.Kubeconfigs[u.Name], r.Tokens[u.Name] = l.kubeconfig(u.Name), u.Token
	}
	if err := l.WriteReady(r); err != nil {
		return err
	}
	say("ready after %.1f s: Kubernetes %s at %s, Istio %s", r.ReadySeconds, kubernetesVersion(), r.APIServer, istioTag)
	for _, u := range s.users {
		say("  %-12s KUBECONFIG=%s", u.Name, r.Kubeconfigs[u.Name])
	}
	if r.DataPlane.Reason != "" {
		say("no data plane: %s", r.DataPlane.Reason)
	}
	say("Ctrl-C stops it; what you changed is kept in %s", l.data())
	return nil
}

// renderInBackground uses the time that etcd and the API server need anyway.
func renderInBackground() func() (*Istio, error) {
	type result struct {
		istio *Istio
		err   error
	}
	done := make(chan result, 1)
	go func() {
		istio, err := RenderIstio()
		if err != nil {
			err = fmt.Errorf("cannot render Istio: %w", err)
		}
		done <- result{istio, err}
	}()
	return func() (*Istio, error) { r := <-done; return r.istio, r.err }
}
