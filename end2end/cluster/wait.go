package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"time"
)

// probe asks a part for its health until it answers 200.
type probe struct {
	client *http.Client
	super  *Supervisor
}

func newProbe(s *Supervisor, ca []byte) *probe {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	// No proxy, whatever the environment says: everything is on this machine.
	return &probe{&http.Client{
		Timeout:   2 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
	}, s}
}

// until waits for url, for at most limit, and not a moment longer than the part lives.
func (p *probe) until(ctx context.Context, process *Process, url string, limit time.Duration) error {
	deadline := process.Start.Add(limit)
	for time.Now().Before(deadline) {
		if p.ok(ctx, url) {
			return nil
		}
		if process.Ended() {
			return p.super.failure(process)
		}
		if !pause(ctx, 25*time.Millisecond) {
			return ctx.Err()
		}
	}
	return fmt.Errorf("%s was not healthy after %s; the end of %s:\n%s", process.Part.Name, limit,
		p.super.layout.log(process.Part.Name), p.super.layout.logTail(process.Part.Name, 12))
}

func (p *probe) ok(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	answer, err := p.client.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode == http.StatusOK
}

// stopwatch says how long each step took.
type stopwatch struct{ start, last time.Time }

func newStopwatch() *stopwatch { now := time.Now(); return &stopwatch{now, now} }

func (s *stopwatch) step(what string) {
	now := time.Now()
	say("%s in %.1f s", what, now.Sub(s.last).Seconds())
	s.last = now
}

func (s *stopwatch) total() float64 { return time.Since(s.start).Seconds() }
