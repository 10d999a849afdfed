package plane

import (
	"errors"
	"os/exec"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// startEphemeral starts the ephemeral containers that are new. One with a command runs it; one without waits to be used by exec.
// Every image has the machine's programs.
func (p *Pod) startEphemeral() {
	pod := p.current()
	for _, e := range pod.Spec.EphemeralContainers {
		p.lock.Lock()
		known := !p.facts.containers[e.Name].started.IsZero() || p.facts.containers[e.Name].reason != ""
		p.lock.Unlock()
		if known {
			continue
		}
		c := corev1.Container(e.EphemeralContainerCommon)
		if err := p.runEphemeral(pod, &c); err != nil {
			p.note(e.Name, func(at *containerFacts) { at.reason, at.message = "CreateContainerError", err.Error() })
		}
	}
}

func (p *Pod) runEphemeral(pod *corev1.Pod, c *corev1.Container) error {
	id, err := user(pod, c)
	if err != nil {
		return err
	}
	values, err := environment(pod, c)
	if err != nil {
		return err
	}
	began := time.Now()
	args := arguments(c, values)
	if len(args) == 0 {
		p.note(c.Name, func(at *containerFacts) { at.started, at.ready = began, true })
		return nil
	}
	log, err := p.log(c.Name)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd, err := p.box.Start(Command{Args: args, Env: listed(values), User: id, Stdout: log, Stderr: log})
	if err != nil {
		return err
	}
	p.note(c.Name, func(at *containerFacts) { at.started, at.ready = began, true })
	go func() {
		err := cmd.Wait()
		code := int32(0)
		if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
			code = int32(failed.ExitCode())
		}
		p.note(c.Name, func(at *containerFacts) { at.ended, at.exitCode, at.ready = time.Now(), code, false })
	}()
	return nil
}
