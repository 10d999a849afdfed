package plane

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"sidestep.dev/end2end/cluster/inside"
)

// Pod is one pod of this node. Its life is a goroutine: run.
type Pod struct {
	agent           *Agent
	folder          string
	namespace, name string
	stop            context.CancelFunc
	gone            chan struct{}

	lock sync.Mutex
	// object is the pod as the API server has it.
	object *corev1.Pod
	facts  facts
	box    *Box
	// grace is how long its processes may take to end.
	grace time.Duration

	proxy   *exec.Cmd
	refused *refusal
	ended   chan string
	servers []io.Closer
}

// run starts the pod, again after each failure, until ctx ends.
func (p *Pod) run(ctx context.Context) {
	defer close(p.gone)
	for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
		began := time.Now()
		err := p.live(ctx)
		p.tearDown()
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > time.Minute {
			wait = time.Second
		}
		say("pod %s/%s: %v; starting it again in %s", p.namespace, p.name, err, wait)
		p.failed(ctx, err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	_ = os.RemoveAll(p.folder)
}

// live starts everything of the pod in order and watches it; it returns when something has ended.
func (p *Pod) live(ctx context.Context) error {
	pod := p.current()
	if pod.Spec.HostNetwork {
		return errors.New("a pod of this node cannot share the node's network")
	}
	if err := p.makeBox(pod); err != nil {
		return err
	}
	p.report(ctx)
	pod = p.current()
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		if err := p.startInit(ctx, pod, c); err != nil {
			p.note(c.Name, func(at *containerFacts) { at.reason, at.message = "Error", err.Error() })
			return err
		}
		p.report(ctx)
	}
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		if err := p.startContainer(ctx, pod, c); err != nil {
			p.note(c.Name, func(at *containerFacts) { at.reason, at.message = "CreateContainerError", err.Error() })
			return err
		}
	}
	return p.watch(ctx)
}

func (p *Pod) makeBox(pod *corev1.Pod) error {
	if err := writeFiles(p.folder, pod); err != nil {
		return err
	}
	if err := p.agent.writeHosts(p); err != nil {
		return err
	}
	box, err := NewBox(inside.Files{
		Root: filepath.Join(p.folder, "root"), Folder: p.folder, Pod: p.agent.Pod, Envoy: p.agent.Envoy, Hostname: pod.Name[:min(len(pod.Name), 63)],
	})
	if err != nil {
		return err
	}
	p.lock.Lock()
	p.box, p.ended = box, make(chan string, 8)
	p.lock.Unlock()
	// Again: a Service that came in between found no box to tell.
	if err := p.agent.writeHosts(p); err != nil {
		return err
	}
	ip, err := p.agent.network.Join(box.Space)
	if err != nil {
		return err
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	p.facts.ip, p.facts.began = ip, time.Now()
	p.facts.containers = restarted(p.facts.containers)
	return nil
}

// restarted keeps only how often containers have been started.
func restarted(before map[string]containerFacts) map[string]containerFacts {
	result := map[string]containerFacts{}
	for name, at := range before {
		result[name] = containerFacts{restarts: at.restarts}
	}
	return result
}

// watch keeps the status as Envoy is, renews the token and starts ephemeral containers, until something has ended.
func (p *Pod) watch(ctx context.Context) error {
	sidecar, token := newEnvoy(p.box.Space), time.Now()
	for {
		if p.proxy != nil {
			p.see(ctx, sidecar)
		}
		p.startEphemeral()
		p.report(ctx)
		if time.Since(token) > time.Hour && p.proxy != nil {
			token = time.Now()
			if err := writeToken(ctx, p.agent.client, p.folder, p.current()); err != nil {
				say("pod %s/%s: %v", p.namespace, p.name, err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case why := <-p.ended:
			return errors.New(why)
		case <-p.box.ended:
			return errors.New("the pod's first process was ended")
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func (p *Pod) see(ctx context.Context, sidecar envoy) {
	err := sidecar.ready(ctx)
	message := errorText(err)
	if counts, statsErr := sidecar.updates(ctx); statsErr == nil {
		message = firstOf(p.refused.see(counts), message)
	}
	p.note(proxyName, func(at *containerFacts) {
		at.ready, at.message = message == "", message
		if err == nil {
			at.reason = ""
		}
	})
}

// tearDown ends the pod's processes: the application at once, the sidecar with the time it has to drain.
func (p *Pod) tearDown() {
	p.lock.Lock()
	box, ip := p.box, p.facts.ip
	p.box, p.facts.ip = nil, ""
	p.lock.Unlock()
	for _, server := range p.servers {
		_ = server.Close()
	}
	p.servers = nil
	if box == nil {
		return
	}
	if p.proxy != nil && p.graceLeft() > 0 && p.proxy.Process.Signal(syscall.SIGTERM) == nil {
		select {
		case <-p.ended:
		case <-box.ended:
		case <-time.After(p.graceLeft()):
		}
	}
	p.proxy = nil
	box.Close()
	if ip != "" {
		p.agent.network.Leave(ip)
	}
}

func (p *Pod) graceLeft() time.Duration {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.grace
}

func (p *Pod) current() *corev1.Pod {
	p.lock.Lock()
	defer p.lock.Unlock()
	pod := p.object.DeepCopy()
	pod.Status.PodIP = p.facts.ip
	return pod
}

func (p *Pod) note(container string, change func(*containerFacts)) {
	p.lock.Lock()
	defer p.lock.Unlock()
	at := p.facts.containers[container]
	change(&at)
	p.facts.containers[container] = at
}

// report writes the status where it differs from what the API server has.
func (p *Pod) report(ctx context.Context) {
	p.lock.Lock()
	status := statusOf(p.object, p.facts, time.Now().Truncate(time.Second))
	same := equality.Semantic.DeepEqual(p.object.Status, status)
	pod := p.object
	p.lock.Unlock()
	if same || ctx.Err() != nil {
		return
	}
	written, err := p.agent.writeStatus(ctx, pod, status)
	if err != nil {
		say("pod %s/%s: its status cannot be written: %v", p.namespace, p.name, err)
		return
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.object.DeletionTimestamp == nil || written.DeletionTimestamp != nil {
		p.object = written
	}
}

// failed shows a pod that could not be started.
func (p *Pod) failed(ctx context.Context, err error) {
	p.lock.Lock()
	if p.facts.containers == nil {
		p.facts.containers = map[string]containerFacts{}
	}
	for name, at := range p.facts.containers {
		if !at.started.IsZero() {
			at.restarts++
		}
		at.ready, at.started, at.ended, at.reason = false, time.Time{}, time.Time{}, "CrashLoopBackOff"
		p.facts.containers[name] = at
	}
	first := firstContainer(p.object)
	at := p.facts.containers[first]
	at.reason, at.message = "CrashLoopBackOff", err.Error()
	p.facts.containers[first] = at
	p.lock.Unlock()
	p.report(ctx)
}

func firstContainer(pod *corev1.Pod) string {
	for _, c := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
		if c.Name == proxyName {
			return c.Name
		}
	}
	return pod.Spec.Containers[0].Name
}

func (p *Pod) logPath(container string) string {
	return filepath.Join(p.folder, "logs", filepath.Base(container)+".log")
}

func (p *Pod) log(container string) (*os.File, error) {
	return os.OpenFile(p.logPath(container), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
}

// tail is the end of a file.
func tail(path string, lines int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
