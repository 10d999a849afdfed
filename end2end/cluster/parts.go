package main

import (
	"fmt"
	"time"

	"sidestep.dev/end2end/cluster/plane"
)

const (
	etcdPart       = "etcd"
	apiServerPart  = "kube-apiserver"
	controllerPart = "kube-controller-manager"
	schedulerPart  = "kube-scheduler"
	istiodPart     = "istiod"
	kwokPart       = "kwok"
	nodeAgentPart  = "node-agent"
)

// part fills in what all parts share. Each has its own working folder: istiod would otherwise pick up files that
// happen to lie under the folder the sandbox was started from.
func part(l Layout, name string, grace time.Duration, args ...string) Part {
	return Part{Name: name, Args: args, Dir: l.path("home", name), Grace: grace}
}

func etcd(l Layout, p *Ports) Part {
	client, peer := "http://"+p.EtcdClient.Addr(), "http://"+p.EtcdPeer.Addr()
	e := part(l, etcdPart, 1500*time.Millisecond,
		"--data-dir", l.path("data", "etcd"),
		"--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer,
		// What a killed process wrote is in the page cache and survives; only a machine that loses power loses it.
		"--unsafe-no-fsync", "--log-level", "warn")
	e.Ports = []*Port{p.EtcdClient, p.EtcdPeer}
	return e
}

func apiServer(l Layout, p *Ports) Part {
	a := part(l, apiServerPart, 1500*time.Millisecond,
		"--etcd-servers", "http://"+p.EtcdClient.Addr(),
		"--bind-address", "127.0.0.1", "--secure-port", fmt.Sprint(p.APIServer.Number),
		"--tls-cert-file", l.cert("kube-apiserver.crt"), "--tls-private-key-file", l.cert("kube-apiserver.key"),
		"--service-account-issuer", "https://kubernetes.default.svc",
		"--service-account-key-file", l.cert("sa.key"), "--service-account-signing-key-file", l.cert("sa.key"),
		"--token-auth-file", l.cert("tokens.csv"), "--authorization-mode", "RBAC",
		"--service-cluster-ip-range", "10.96.0.0/16", "--allow-privileged",
		"--kubelet-certificate-authority", l.cert("ca.crt"),
		"--kubelet-client-certificate", l.cert(plane.KubeletClient+".crt"), "--kubelet-client-key", l.cert(plane.KubeletClient+".key"),
		// There is one API server, at an address no pod could use.
		"--endpoint-reconciler-type", "none")
	a.Ports = []*Port{p.APIServer}
	return a
}

func controllerManager(l Layout) Part {
	return part(l, controllerPart, 500*time.Millisecond,
		"--kubeconfig", l.kubeconfig("admin"),
		"--service-account-private-key-file", l.cert("sa.key"), "--root-ca-file", l.cert("ca.crt"),
		"--leader-elect=false", "--secure-port", "0",
		// No kubelet reports here; these three would declare the nodes dead and evict everything.
		"--controllers", "*,-nodeipam,-nodelifecycle,-taint-eviction-controller")
}

func scheduler(l Layout) Part {
	return part(l, schedulerPart, 500*time.Millisecond,
		"--kubeconfig", l.kubeconfig("admin"), "--leader-elect=false", "--secure-port", "0")
}

func kwokPlayer(l Layout) Part {
	return part(l, kwokPart, 500*time.Millisecond,
		"--kubeconfig", l.kubeconfig("admin"), // Not all nodes: one has a kubelet of ours.
		"--manage-all-nodes=false", "--manage-nodes-with-annotation-selector="+playedNode+"="+playedValue,
		"--cidr=10.244.0.0/16", "--node-ip=10.0.0.1", "--config", l.stages())
}

func nodeAgent(l Layout, p *Ports, envoy string, without func(error)) Part {
	a := part(l, nodeAgentPart, 3*time.Second, "--state", l.Dir, "--envoy", envoy, "--istiod", p.IstiodGRPC.Addr())
	a.Without, a.Root = without, true
	return a
}

func istiod(l Layout, p *Ports) Part {
	i := part(l, istiodPart, 500*time.Millisecond,
		"discovery", "--kubeconfig", l.kubeconfig("admin"), "--namespace", "istio-system",
		"--httpAddr", p.IstiodHTTP.Addr(), "--httpsAddr", p.IstiodHTTPS.Addr(),
		"--grpcAddr", p.IstiodGRPC.Addr(), "--secureGRPCAddr", "",
		"--monitoringAddr", p.IstiodMonitoring.Addr(),
		"--ctrlz_address", "localhost", "--ctrlz_port", "0", "--shutdownDuration", "0s",
		"--tlsCertFile", l.cert("istiod.crt"), "--tlsKeyFile", l.cert("istiod.key"), "--caCertFile", l.cert("ca.crt"))
	i.Env = []string{
		"POD_NAMESPACE=istio-system", "POD_NAME=istiod-0", "REVISION=default", "CLUSTER_ID=Kubernetes",
		// Sidecars get their certificates by the plain port, so that is where they have to say who they are.
		"PILOT_CERT_PROVIDER=none", "ENABLE_CA_SERVER=true", "XDS_AUTH=true", "XDS_AUTH_PLAINTEXT=true",
		// Upstream's Envoy lacks Istio's own filters and refuses a configuration that names them.
		"PILOT_ENABLE_ALPN_FILTER=false", "PILOT_ENABLE_METADATA_EXCHANGE=false",
		// istiod would put its own CA into the webhook configurations; ours is already there.
		"INJECTION_WEBHOOK_CONFIG_NAME=", "VALIDATION_WEBHOOK_CONFIG_NAME=",
		"ENABLE_LEADER_ELECTION=false",
	}
	i.Ports = []*Port{p.IstiodHTTP, p.IstiodHTTPS, p.IstiodGRPC, p.IstiodMonitoring}
	return i
}
