package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// startStore starts etcd and the API server: on the data of the run before if there is any, on empty data if that
// cannot be used.
func (s *Sandbox) startStore(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		old := s.layout.hasData()
		err := s.tryStore(ctx, old)
		if err == nil || ctx.Err() != nil {
			return err
		}
		s.Stop()
		switch {
		case strings.Contains(err.Error(), "address already in use") && attempt < 4:
			// Somebody was quicker; the data is not to blame.
			say("a port was taken in the meantime, choosing others")
		case old:
			aside := fmt.Sprintf("%s.broken-%s", s.layout.data(), time.Now().Format("20060102-150405"))
			if renameErr := os.Rename(s.layout.data(), aside); renameErr != nil {
				return renameErr
			}
			say("the stored data cannot be used: %v", err)
			say("moved it to %s and beginning afresh", aside)
			if err := s.layout.Create(); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func (l Layout) hasData() bool {
	entries, err := os.ReadDir(l.path("data", "etcd"))
	return err == nil && len(entries) > 0
}

func (s *Sandbox) tryStore(ctx context.Context, old bool) (err error) {
	// Giving up on old data costs the user something, so only what is clearly hopeless may do it. A damaged store makes
	// etcd end at once, which needs no waiting.
	etcdLimit, apiLimit := 60*time.Second, 120*time.Second
	if old {
		etcdLimit, apiLimit = 15*time.Second, 45*time.Second
	}
	if s.ports, err = ReservePorts(); err != nil {
		return err
	}
	if err = WriteKubeconfigs(s.layout, s.users, s.server(), s.ca.PEM); err != nil {
		return err
	}
	store, err := s.Start(etcd(s.layout, s.ports))
	if err != nil {
		return err
	}
	if err = s.probe.until(ctx, store, "http://"+s.ports.EtcdClient.Addr()+"/health", etcdLimit); err != nil {
		return err
	}
	s.watch.step("etcd ready")
	server, err := s.Start(apiServer(s.layout, s.ports))
	if err != nil {
		return err
	}
	if err = s.probe.until(ctx, server, s.server()+"/readyz", apiLimit); err != nil {
		return err
	}
	s.watch.step("API server ready")
	return nil
}
