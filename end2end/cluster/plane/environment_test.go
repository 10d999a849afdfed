package plane

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func injected() *corev1.Pod {
	from := func(path string) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}
	}
	limit := func(name string) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: name}}
	}
	always, id := corev1.ContainerRestartPolicyAlways, int64(1337)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "sleep-1", Namespace: "bookinfo", Annotations: map[string]string{"a/b": "c"}},
		Spec: corev1.PodSpec{
			NodeName: NodeName, ServiceAccountName: "default",
			InitContainers: []corev1.Container{
				{Name: "istio-init", Args: []string{initName, "-x", "198.51.100.10/32"}},
				{
					Name: proxyName, RestartPolicy: &always, SecurityContext: &corev1.SecurityContext{RunAsUser: &id},
					Args: []string{"proxy", "sidecar", "--domain", "$(POD_NAMESPACE).svc.cluster.local"},
					Env: []corev1.EnvVar{
						{Name: "POD_NAME", ValueFrom: from("metadata.name")}, {Name: "POD_NAMESPACE", ValueFrom: from("metadata.namespace")},
						{Name: "INSTANCE_IP", ValueFrom: from("status.podIP")}, {Name: "HOST_IP", ValueFrom: from("status.hostIP")},
						{Name: "NODE", ValueFrom: from("spec.nodeName")}, {Name: "ACCOUNT", ValueFrom: from("spec.serviceAccountName")},
						{Name: "NOTE", ValueFrom: from("metadata.annotations['a/b']")},
						{Name: "ISTIO_CPU_LIMIT", ValueFrom: limit("limits.cpu")}, {Name: "GOMEMLIMIT", ValueFrom: limit("limits.memory")},
						{Name: "CA_ADDR", Value: "istiod.istio-system.svc:15012"},
					},
					Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{
						corev1.ResourceCPU: resource.MustParse("1500m"), corev1.ResourceMemory: resource.MustParse("1Gi"),
					}},
				},
			},
			Containers: []corev1.Container{{Name: "sleep"}},
		},
		Status: corev1.PodStatus{PodIP: "10.250.1.1"},
	}
}

func TestTheDownwardAPIIsResolved(t *testing.T) {
	pod := injected()
	proxy := &pod.Spec.InitContainers[1]
	values, err := environment(pod, proxy)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"POD_NAME": "sleep-1", "POD_NAMESPACE": "bookinfo", "INSTANCE_IP": "10.250.1.1", "HOST_IP": bridgeIP, "NODE": NodeName,
		"ACCOUNT": "default", "NOTE": "c", "ISTIO_CPU_LIMIT": "2", "GOMEMLIMIT": "1073741824",
	} {
		if values[name] != want {
			t.Errorf("%s is %q instead of %q", name, values[name], want)
		}
	}
	want := []string{"proxy", "sidecar", "--domain", "bookinfo.svc.cluster.local"}
	if got := arguments(proxy, values); !slices.Equal(got, want) {
		t.Errorf("arguments %q", got)
	}
}

func TestTheSidecarAsksForItsCertificateOnThePlainPort(t *testing.T) {
	pod := injected()
	values, err := environment(pod, &pod.Spec.InitContainers[1])
	if err != nil {
		t.Fatal(err)
	}
	all := proxyEnvironment(values)
	for _, want := range []string{"CA_ADDR=127.0.0.1:15010", "CLOUD_PLATFORM=none", "HOME=/"} {
		if !slices.Contains(all, want) {
			t.Errorf("no %s in %q", want, all)
		}
	}
}

func TestTheRulesGetTheirArgumentsVerbatim(t *testing.T) {
	pod := injected()
	if got := strings.Join(arguments(&pod.Spec.InitContainers[0], nil), " "); got != "istio-iptables -x 198.51.100.10/32" {
		t.Error(got)
	}
}

func TestNobodyRunsAsRoot(t *testing.T) {
	pod, root, own := injected(), int64(0), int64(2000)
	if id, err := user(pod, &pod.Spec.Containers[0]); id != 1000 || err != nil {
		t.Error(id, err)
	}
	if id, err := user(pod, &pod.Spec.InitContainers[1]); id != 1337 || err != nil {
		t.Error(id, err)
	}
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsUser: &own}
	if id, err := user(pod, &pod.Spec.Containers[0]); id != 2000 || err != nil {
		t.Error(id, err)
	}
	pod.Spec.SecurityContext.RunAsUser = &root
	if _, err := user(pod, &pod.Spec.Containers[0]); err == nil {
		t.Error("root was taken")
	}
}
