package plane

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func condition(s corev1.PodStatus, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range s.Conditions {
		if s.Conditions[i].Type == kind {
			return &s.Conditions[i]
		}
	}
	return &corev1.PodCondition{}
}

func runningFacts() facts {
	return facts{ip: "10.250.1.1", began: noon, containers: map[string]containerFacts{
		"istio-init": {started: noon, ended: noon}, proxyName: {started: noon, ready: true}, "sleep": {started: noon, ready: true},
	}}
}

func TestAPodIsReadyOnceSidecarAndApplicationAre(t *testing.T) {
	s := statusOf(injected(), runningFacts(), noon)
	if s.Phase != corev1.PodRunning || condition(s, corev1.PodReady).Status != corev1.ConditionTrue || s.PodIP != "10.250.1.1" {
		t.Errorf("%+v", s)
	}
	if s.InitContainerStatuses[0].State.Terminated == nil || !s.InitContainerStatuses[1].Ready || !s.ContainerStatuses[0].Ready {
		t.Errorf("%+v %+v", s.InitContainerStatuses, s.ContainerStatuses)
	}
}

func TestAPodWhoseEnvoyRefusesItsConfigurationIsNotReadyAndSaysSo(t *testing.T) {
	f := runningFacts()
	f.containers[proxyName] = containerFacts{started: noon, message: "Envoy refused"}
	s := statusOf(injected(), f, noon)
	ready := condition(s, corev1.PodReady)
	if s.Phase != corev1.PodRunning || ready.Status != corev1.ConditionFalse || ready.Message != "Envoy refused" {
		t.Errorf("%s %+v", s.Phase, ready)
	}
}

func TestAPodIsPendingUntilItsNativeSidecarHasStarted(t *testing.T) {
	f := runningFacts()
	f.containers[proxyName] = containerFacts{started: noon, reason: starting}
	delete(f.containers, "sleep")
	s := statusOf(injected(), f, noon)
	if s.Phase != corev1.PodPending || condition(s, corev1.PodInitialized).Status != corev1.ConditionFalse {
		t.Errorf("%+v", s)
	}
	if waiting := s.ContainerStatuses[0].State.Waiting; waiting == nil || waiting.Reason != "PodInitializing" {
		t.Errorf("%+v", s.ContainerStatuses[0])
	}
}

func TestAConditionThatHoldsKeepsItsTime(t *testing.T) {
	pod, before := injected(), metav1.Time{Time: noon.Add(-time.Hour)}
	pod.Status.Conditions = []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: before},
		{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: before},
	}
	s := statusOf(pod, runningFacts(), noon)
	if got := condition(s, corev1.PodReady).LastTransitionTime; got != before {
		t.Error(got)
	}
	if condition(s, corev1.PodScheduled).Status != corev1.ConditionTrue {
		t.Error("the scheduler's condition is lost")
	}
	f := runningFacts()
	f.containers["sleep"] = containerFacts{started: noon}
	if got := condition(statusOf(pod, f, noon), corev1.PodReady).LastTransitionTime; !got.Time.Equal(noon) {
		t.Error(got)
	}
}

func TestTheLastUpdateDecidesWhetherEnvoyRefuses(t *testing.T) {
	r := &refusal{}
	steps := []struct {
		success, rejected uint64
		refused           bool
	}{{1, 0, false}, {1, 0, false}, {1, 1, true}, {1, 1, true}, {2, 1, false}, {3, 2, true}}
	for i, s := range steps {
		got := r.see(map[string]updates{"cds": {success: 1}, "lds": {success: s.success, rejected: s.rejected}})
		if (got != "") != s.refused {
			t.Errorf("step %d: %q", i, got)
		}
		if s.refused && !strings.Contains(got, "lds") {
			t.Error(got)
		}
	}
}

func TestEnvoysCountersAreRead(t *testing.T) {
	got := parseUpdates("cluster.xds-grpc;.update_success: 0\ncluster_manager.cds.update_rejected: 2\nlistener_manager.lds.update_success: 7\n")
	if got["cds"].rejected != 2 || got["lds"].success != 7 {
		t.Errorf("%+v", got)
	}
}

func TestAddressesAreNotGivenTwiceNorSoonAgain(t *testing.T) {
	a := addresses{}
	first, _ := a.take()
	a.give(first)
	second, _ := a.take()
	if first != "10.250.1.1" || second != "10.250.1.2" {
		t.Error(first, second)
	}
	for range inRange - 1 {
		if _, err := a.take(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.take(); err == nil {
		t.Error("more addresses than there are")
	}
}

func TestAPodFindsServicesByEveryNameThatDNSWouldKnow(t *testing.T) {
	service := func(namespace, name, ip string) *corev1.Service {
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: corev1.ServiceSpec{ClusterIP: ip}}
	}
	got := hostsOf("bookinfo", []*corev1.Service{
		service("bookinfo", "reviews", "10.96.0.1"), service("shop", "cart", "10.96.0.2"), service("shop", "orders-db", "None"),
	})
	want := "127.0.0.1 localhost\n10.96.0.1 reviews reviews.bookinfo reviews.bookinfo.svc reviews.bookinfo.svc.cluster.local\n" +
		"10.96.0.2 cart.shop cart.shop.svc cart.shop.svc.cluster.local\n"
	if got != want {
		t.Error(got)
	}
}
