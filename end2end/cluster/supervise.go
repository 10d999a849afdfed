package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Supervisor owns the running parts. Only its Run method, once the sandbox is ready, starts a part again.
type Supervisor struct {
	layout  Layout
	spawner *spawner

	lock     sync.Mutex
	running  []*Process
	restarts map[string]int
}

func newSupervisor(l Layout) *Supervisor {
	return &Supervisor{layout: l, spawner: newSpawner(), restarts: map[string]int{}}
}

// Start launches a part and remembers it for Stop.
func (s *Supervisor) Start(p Part) (*Process, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	process, err := s.spawner.Start(s.layout, p)
	if process != nil {
		s.running = append(s.running, process)
	}
	return process, err
}

// Stop ends all parts: first those that only talk to the API server, together; then it; then etcd.
func (s *Supervisor) Stop() {
	s.lock.Lock()
	defer s.lock.Unlock()
	var clients sync.WaitGroup
	for _, p := range slices.Backward(s.running) {
		if p.Part.Name != etcdPart && p.Part.Name != apiServerPart {
			clients.Go(func() { p.Stop(s.layout) })
		}
	}
	clients.Wait()
	for _, p := range slices.Backward(s.running) {
		p.Stop(s.layout)
	}
	s.running = nil
}

const maxRestarts = 3

// Run watches until the context ends. A part that ends by itself is started again, as a kubelet would; one that keeps
// ending, or cannot be started, brings the sandbox down, so that the reason is seen, unless the sandbox can do without it.
func (s *Supervisor) Run(ctx context.Context) error {
	for pause(ctx, 200*time.Millisecond) {
		s.lock.Lock()
		for i, p := range s.running {
			if !p.Ended() {
				continue
			}
			err := s.again(i)
			if err == nil {
				continue
			}
			if p.Part.Without == nil {
				s.lock.Unlock()
				return err
			}
			last := s.running[i]
			s.running = slices.Delete(s.running, i, i+1)
			go func() {
				last.Stop(s.layout)
				p.Part.Without(err)
			}()
			break
		}
		s.lock.Unlock()
	}
	return nil
}

// again starts a part that has ended, if it may be started once more.
func (s *Supervisor) again(i int) error {
	p := s.running[i]
	name := p.Part.Name
	if s.restarts[name]++; s.restarts[name] > maxRestarts {
		return s.failure(p)
	}
	say("%s ended by itself (%s), starting it again", name, cause(p))
	process, err := s.spawner.Start(s.layout, p.Part)
	// One that runs but could not be remembered has to be stopped all the same.
	if process != nil {
		s.running[i] = process
	}
	return err
}

// Dead returns why a part has ended, if one has: nothing else would say so before Run watches.
func (s *Supervisor) Dead() error {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, p := range s.running {
		if p.Ended() {
			return s.failure(p)
		}
	}
	return nil
}

// failure explains why a part ended, with the end of its log.
func (s *Supervisor) failure(p *Process) error {
	return fmt.Errorf("%s ended by itself (%s); the end of %s:\n%s",
		p.Part.Name, cause(p), s.layout.log(p.Part.Name), s.layout.logTail(p.Part.Name, 12))
}

func cause(p *Process) string {
	if p.err != nil {
		return p.err.Error()
	}
	return "exit code 0"
}
