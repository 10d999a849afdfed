package plane

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sidestep.dev/end2end/cluster/netns"
)

const (
	readyURL   = "http://127.0.0.1:15021/healthz/ready"
	updatesURL = `http://127.0.0.1:15000/stats?filter=(cluster_manager.cds|listener_manager.lds).update_(success|rejected)$`
)

// envoy asks a pod's sidecar from inside its network.
type envoy struct{ client *http.Client }

func newEnvoy(space *netns.Space) envoy {
	dial := func(ctx context.Context, network, address string) (connection net.Conn, err error) {
		err = space.Do(func() error {
			connection, err = (&net.Dialer{}).DialContext(ctx, network, address)
			return err
		})
		return connection, err
	}
	return envoy{&http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

// ready is pilot-agent's own readiness: that Envoy has all of its first configuration.
func (e envoy) ready(ctx context.Context) error {
	_, err := e.get(ctx, readyURL)
	return err
}

func (e envoy) updates(ctx context.Context) (map[string]updates, error) {
	text, err := e.get(ctx, updatesURL)
	return parseUpdates(text), err
}

func (e envoy) get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	answer, err := e.client.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, strings.TrimSpace(string(text)))
	}
	return string(text), err
}

// parseUpdates reads lines such as `listener_manager.lds.update_rejected: 1`.
func parseUpdates(text string) map[string]updates {
	result := map[string]updates{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		count, err := strconv.ParseUint(value, 10, 64)
		parts := strings.Split(name, ".")
		if err != nil || len(parts) != 3 {
			continue
		}
		kind := result[parts[1]]
		switch parts[2] {
		case "update_success":
			kind.success = count
		case "update_rejected":
			kind.rejected = count
		}
		result[parts[1]] = kind
	}
	return result
}

// updates counts what Envoy did with one kind of configuration.
type updates struct{ success, rejected uint64 }

// refusal remembers for each kind of configuration whether Envoy took the last one. Counters only grow, so the last change decides.
type refusal struct {
	before  map[string]updates
	refused map[string]bool
}

// see takes newer counters and says which kinds Envoy refuses at present.
func (r *refusal) see(now map[string]updates) string {
	if r.before == nil {
		r.before, r.refused = map[string]updates{}, map[string]bool{}
	}
	text := ""
	for _, kind := range []string{"cds", "lds"} {
		switch was, is := r.before[kind], now[kind]; {
		case is.rejected > was.rejected:
			r.refused[kind] = true
		case is.success > was.success:
			r.refused[kind] = false
		}
		r.before[kind] = now[kind]
		if r.refused[kind] {
			text = fmt.Sprintf("Envoy refused the last configuration from istiod (%s); the log of %s says why", kind, proxyName)
		}
	}
	return text
}
