package plane

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// startInit runs what really has to run: the rules and the sidecar. Other images do not exist here, so they have done their work.
func (p *Pod) startInit(ctx context.Context, pod *corev1.Pod, c *corev1.Container) error {
	switch {
	case c.Name == proxyName:
		if err := p.startProxy(ctx, pod, c); err != nil {
			return err
		}
		return p.awaitProxy(ctx)
	case len(c.Args) > 0 && c.Args[0] == initName:
		return p.writeRules(pod, c)
	default:
		now := time.Now()
		p.note(c.Name, func(at *containerFacts) { at.started, at.ended = now, now })
		return nil
	}
}

func (p *Pod) startContainer(ctx context.Context, pod *corev1.Pod, c *corev1.Container) error {
	if c.Name == proxyName {
		return p.startProxy(ctx, pod, c)
	}
	if _, err := user(pod, c); err != nil {
		return err
	}
	log, err := p.log(c.Name)
	if err != nil {
		return err
	}
	p.servers = append(p.servers, log)
	for _, port := range c.Ports {
		if port.Protocol != "" && port.Protocol != corev1.ProtocolTCP {
			continue
		}
		listener, err := listen(p.box.Space, fmt.Sprintf(":%d", port.ContainerPort))
		if err != nil {
			return err
		}
		p.servers = append(p.servers, serve(listener, application(c.Name, log)))
	}
	p.note(c.Name, func(at *containerFacts) { at.started, at.ready = time.Now(), true })
	return nil
}

// writeRules runs the pod's own istio-init, argument by argument.
func (p *Pod) writeRules(pod *corev1.Pod, c *corev1.Container) error {
	values, err := environment(pod, c)
	if err != nil {
		return err
	}
	log, err := p.log(c.Name)
	if err != nil {
		return err
	}
	defer log.Close()
	began := time.Now()
	args := append([]string{"pilot-agent"}, arguments(c, values)...)
	cmd, err := p.box.Start(Command{Args: args, Env: listed(values), Stdout: log, Stderr: log})
	if err != nil {
		return err
	}
	err = cmd.Wait()
	p.note(c.Name, func(at *containerFacts) {
		at.started, at.ended, at.exitCode = began, time.Now(), int32(cmd.ProcessState.ExitCode())
	})
	if err != nil {
		return fmt.Errorf("%s: %w; the end of its log:\n%s", c.Name, err, tail(log.Name(), 5))
	}
	return nil
}

func (p *Pod) startProxy(ctx context.Context, pod *corev1.Pod, c *corev1.Container) error {
	id, err := user(pod, c)
	if err != nil {
		return err
	}
	values, err := environment(pod, c)
	if err != nil {
		return err
	}
	args := append([]string{"pilot-agent"}, arguments(c, values)...)
	if err := writeToken(ctx, p.agent.client, p.folder, pod); err != nil {
		return err
	}
	if err := give(p.folder, id); err != nil {
		return err
	}
	xds, err := listen(p.box.Space, "127.0.0.1:"+xdsPort)
	if err != nil {
		return err
	}
	p.servers = append(p.servers, xds)
	go forward(xds, p.agent.Istiod)
	log, err := p.log(c.Name)
	if err != nil {
		return err
	}
	defer log.Close()
	// The files are handed over, not copied: the process writes into the log by itself.
	cmd, err := p.box.Start(Command{Args: args, Env: proxyEnvironment(values), User: id, Stdout: log, Stderr: log})
	if err != nil {
		return err
	}
	p.proxy, p.refused = cmd, &refusal{}
	ended := p.ended
	go func() {
		err := cmd.Wait()
		ended <- fmt.Sprintf("%s ended by itself (%v)", c.Name, firstOf(errorText(err), "exit code 0"))
	}()
	p.note(c.Name, func(at *containerFacts) { at.started, at.reason = time.Now(), starting })
	return nil
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// awaitProxy holds back what comes after a native sidecar until it has its first configuration, as its startup probe does.
func (p *Pod) awaitProxy(ctx context.Context) error {
	deadline := time.Now().Add(time.Minute)
	sidecar := newEnvoy(p.box.Space)
	for {
		err := sidecar.ready(ctx)
		if err == nil {
			p.note(proxyName, func(at *containerFacts) { at.reason, at.message, at.ready = "", "", true })
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s was not ready within a minute: %w", proxyName, err)
		}
		// What Envoy refuses it never becomes ready with: that is the message to show.
		if counts, statsErr := sidecar.updates(ctx); statsErr == nil {
			if refused := p.refused.see(counts); refused != "" {
				p.note(proxyName, func(at *containerFacts) { at.message = refused })
				p.report(ctx)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case why := <-p.ended:
			return errors.New(why)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
