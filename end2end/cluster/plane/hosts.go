package plane

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// hostsOf stands in for the cluster's DNS: every Service by the names that a pod of this namespace may use.
func hostsOf(namespace string, services []*corev1.Service) string {
	lines := []string{}
	for _, s := range services {
		if s.Spec.ClusterIP == "" || s.Spec.ClusterIP == corev1.ClusterIPNone {
			continue
		}
		names := []string{}
		if s.Namespace == namespace {
			names = append(names, s.Name)
		}
		long := s.Name + "." + s.Namespace
		names = append(names, long, long+".svc", long+".svc.cluster.local")
		lines = append(lines, fmt.Sprintf("%s %s\n", s.Spec.ClusterIP, strings.Join(names, " ")))
	}
	slices.Sort(lines)
	return "127.0.0.1 localhost\n" + strings.Join(lines, "")
}

// writeHosts writes a pod's hosts file in place: the pod sees this very file.
func (a *Agent) writeHosts(p *Pod) error {
	services := []*corev1.Service{}
	for _, o := range a.services.List() {
		if s, ok := o.(*corev1.Service); ok {
			services = append(services, s)
		}
	}
	return os.WriteFile(filepath.Join(p.folder, "hosts"), []byte(hostsOf(p.namespace, services)), 0o644)
}

// tellHosts tells every pod of Services that have come or gone.
func (a *Agent) tellHosts() {
	a.lock.Lock()
	pods := []*Pod{}
	for _, p := range a.pods {
		pods = append(pods, p)
	}
	a.lock.Unlock()
	for _, p := range pods {
		p.lock.Lock()
		lives := p.box != nil
		p.lock.Unlock()
		if !lives {
			continue
		}
		if err := a.writeHosts(p); err != nil {
			say("pod in %s: its hosts file cannot be written: %v", p.namespace, err)
		}
	}
}
