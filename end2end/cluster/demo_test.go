package main

import "testing"

func TestDemoHasTheWorkloadsThatOthersBuildOn(t *testing.T) {
	objects, err := DemoObjects()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, o := range objects {
		if have[nameOf(o)] {
			t.Errorf("%s is there twice", nameOf(o))
		}
		have[nameOf(o)] = true
	}
	for _, want := range []string{
		"Namespace default", "Namespace shop", "Namespace payments", "Namespace legacy", "Namespace mesh-ambient",
		"Deployment default/productpage", "Service default/productpage",
		"Deployment shop/cart", "Deployment shop/checkout", "StatefulSet shop/orders-db", "PodDisruptionBudget shop/cart", "Pod shop/debug-shell",
		"Deployment payments/ledger", "DaemonSet payments/fraud-agent", "Job payments/settle", "PeerAuthentication payments/default",
		"Deployment payments/gateway-client", "Deployment legacy/mainframe-bridge", "Pod legacy/probe", "Pod legacy/node-watch",
		"Deployment mesh-ambient/catalog",
	} {
		if !have[want] {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestPortsOfOneRunDiffer(t *testing.T) {
	p, err := ReservePorts()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range []*Port{p.EtcdClient, p.EtcdPeer, p.APIServer, p.IstiodHTTP, p.IstiodHTTPS, p.IstiodGRPC, p.IstiodMonitoring} {
		if seen[port.Number] {
			t.Errorf("port %d was given twice", port.Number)
		}
		seen[port.Number] = true
		port.Release()
	}
}
