package plane

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// AppServer is the `Server` header of every application here. A response that came through Envoy has Envoy's instead.
const AppServer = "sidestep-demo"

// application answers everything with 200 and says what it was asked and by whom: a request that Envoy forwarded shows it by its
// headers, one that went round the sidecar by their absence.
func application(name string, log io.Writer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(log, "%s %s %s from %s via %q\n", time.Now().UTC().Format(time.RFC3339Nano), r.Method, r.URL, r.RemoteAddr, r.Header.Get("X-Request-Id"))
		w.Header().Set("Server", AppServer)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		var text strings.Builder
		fmt.Fprintf(&text, "%s: %s %s from %s\n", name, r.Method, r.URL, r.RemoteAddr)
		for _, header := range slices.Sorted(maps.Keys(r.Header)) {
			fmt.Fprintf(&text, "%s: %s\n", header, strings.Join(r.Header[header], ", "))
		}
		_, _ = io.WriteString(w, text.String())
	})
}

// serve runs an application on a listener until the listener is closed.
func serve(listener net.Listener, handler http.Handler) *http.Server {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return server
}

// forward hands every connection of a listener on to an address of the machine.
func forward(listener net.Listener, to string) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer from.Close()
			target, err := net.DialTimeout("tcp", to, 5*time.Second)
			if err != nil {
				return
			}
			defer target.Close()
			done := make(chan struct{}, 2)
			for _, pair := range [][2]net.Conn{{from, target}, {target, from}} {
				go func() {
					_, _ = io.Copy(pair[0], pair[1])
					done <- struct{}{}
				}()
			}
			// Neither side of a gRPC connection closes only half of it.
			<-done
		}()
	}
}
