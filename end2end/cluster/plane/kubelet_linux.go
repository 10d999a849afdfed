package plane

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/creack/pty"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// KubeletClient is the name in the certificate of the API server when it calls a kubelet. Nobody else may: exec is there.
const KubeletClient = "kube-apiserver-kubelet-client"

// serveKubelet listens for exec and logs on a free port of the machine.
func (a *Agent) serveKubelet() (port int, err error) {
	pair, err := tls.LoadX509KeyPair(a.Cert, a.Key)
	if err != nil {
		return 0, err
	}
	ca, err := os.ReadFile(a.CA)
	if err != nil {
		return 0, err
	}
	callers := x509.NewCertPool()
	callers.AppendCertsFromPEM(ca)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	mux := http.NewServeMux()
	for _, pattern := range []string{"/exec/{namespace}/{pod}/{container}", "/exec/{namespace}/{pod}/{uid}/{container}"} {
		mux.HandleFunc(pattern, a.serveExec)
	}
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", a.serveLogs)
	server := &http.Server{
		Handler: onlyKubeletClient(mux), ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: callers,
			// An upgrade to streams needs HTTP/1.1.
			NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
		},
	}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func onlyKubeletClient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if certificates := r.TLS.PeerCertificates; len(certificates) == 0 || certificates[0].Subject.CommonName != KubeletClient {
			http.Error(w, "only the API server may call this", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *Agent) serveExec(w http.ResponseWriter, r *http.Request) {
	pod := a.find(r.PathValue("namespace"), r.PathValue("pod"))
	if pod == nil {
		http.Error(w, "the pod does not run on this node", http.StatusNotFound)
		return
	}
	container := r.PathValue("container")
	if err := pod.runs(container); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	options, err := remotecommand.NewOptions(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	remotecommand.ServeExec(w, r, executor{pod}, "", "", container, r.URL.Query()["command"], options,
		time.Hour, remotecommand.DefaultStreamCreationTimeout, remotecommand.SupportedStreamingProtocols)
}

// runs says why nothing can be run in a container, if so.
func (p *Pod) runs(container string) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	at, known := p.facts.containers[container]
	if !known || p.box == nil || at.started.IsZero() || !at.ended.IsZero() {
		return fmt.Errorf("container %q of pod %s/%s does not run", container, p.namespace, p.name)
	}
	return nil
}

type executor struct{ pod *Pod }

// ExecInContainer runs a command as one of the container's processes.
func (e executor) ExecInContainer(_ context.Context, _, _, container string, command []string, in io.Reader, out, errs io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize, _ time.Duration) error {
	pod := e.pod.current()
	c := containerOf(pod, container)
	if c == nil {
		return fmt.Errorf("the pod has no container %q", container)
	}
	id, err := user(pod, c)
	if err != nil {
		return err
	}
	values, err := environment(pod, c)
	if err != nil {
		return err
	}
	e.pod.lock.Lock()
	box := e.pod.box
	e.pod.lock.Unlock()
	if box == nil {
		return errors.New("the pod is not running")
	}
	run := Command{Args: command, Env: listed(values), User: id, Stdout: out, Stderr: errs}
	if tty {
		return execOnTerminal(box, run, in, out, resize)
	}
	return execPlain(box, run, in)
}

func containerOf(pod *corev1.Pod, name string) *corev1.Container {
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	for _, e := range pod.Spec.EphemeralContainers {
		if e.Name == name {
			c := corev1.Container(e.EphemeralContainerCommon)
			return &c
		}
	}
	return nil
}

func execPlain(box *Box, run Command, in io.Reader) error {
	if in != nil {
		// A pipe of ours: Wait would otherwise wait until the caller has no more to say.
		read, write, err := os.Pipe()
		if err != nil {
			return err
		}
		defer read.Close()
		run.Stdin = read
		go func() {
			_, _ = io.Copy(write, in)
			_ = write.Close()
		}()
	}
	cmd, err := box.Start(run)
	if err != nil {
		return refused(err)
	}
	return exitOf(cmd.Wait())
}

func execOnTerminal(box *Box, run Command, in io.Reader, out io.Writer, resize <-chan remotecommand.TerminalSize) error {
	terminal, inside, err := pty.Open()
	if err != nil {
		return err
	}
	defer terminal.Close()
	run.Stdin, run.Stdout, run.Stderr, run.Terminal = inside, inside, inside, true
	run.Env = append(run.Env, "TERM=xterm")
	cmd, err := box.Start(run)
	_ = inside.Close()
	if err != nil {
		return refused(err)
	}
	go func() {
		for size := range resize {
			_ = pty.Setsize(terminal, &pty.Winsize{Rows: size.Height, Cols: size.Width})
		}
	}()
	if in != nil {
		go func() { _, _ = io.Copy(terminal, in) }()
	}
	copied := make(chan struct{})
	go func() {
		_, _ = io.Copy(out, terminal)
		close(copied)
	}()
	err = cmd.Wait()
	select {
	case <-copied:
	case <-time.After(time.Second):
	}
	return exitOf(err)
}

// refused is what a container runtime says of a command that cannot be started.
func refused(err error) error {
	return fmt.Errorf("OCI runtime exec failed: exec failed: unable to start container process: %w: unknown", err)
}

func exitOf(err error) error {
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return utilexec.CodeExitError{Err: err, Code: failed.ExitCode()}
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// serveLogs gives a container's log: all of it, or its last lines, and with `follow` what comes.
func (a *Agent) serveLogs(w http.ResponseWriter, r *http.Request) {
	pod := a.find(r.PathValue("namespace"), r.PathValue("pod"))
	if pod == nil {
		http.Error(w, "the pod does not run on this node", http.StatusNotFound)
		return
	}
	text, err := os.ReadFile(pod.logPath(r.PathValue("container")))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	size := len(text)
	if lines, err := strconv.Atoi(r.URL.Query().Get("tailLines")); err == nil {
		text = lastLines(text, lines)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(text)
	if r.URL.Query().Get("follow") == "true" {
		follow(r.Context(), w, pod, r.PathValue("container"), int64(size))
	}
}

func lastLines(text []byte, lines int) []byte {
	all := bytes.SplitAfter(text, []byte("\n"))
	if n := len(all); n > 0 && len(all[n-1]) == 0 {
		all = all[:n-1]
	}
	return bytes.Join(all[max(0, len(all)-max(0, lines)):], nil)
}

func follow(ctx context.Context, w http.ResponseWriter, pod *Pod, container string, from int64) {
	flusher, _ := w.(http.Flusher)
	for {
		if flusher != nil {
			flusher.Flush()
		}
		select {
		case <-ctx.Done():
			return
		case <-pod.gone:
			return
		case <-time.After(300 * time.Millisecond):
		}
		file, err := os.Open(pod.logPath(container))
		if err != nil {
			continue
		}
		n, err := io.Copy(w, io.NewSectionReader(file, from, 1<<40))
		_ = file.Close()
		if from += n; err != nil {
			return
		}
	}
}
