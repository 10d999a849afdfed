package plane

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/api/v1/resource"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"

	"sidestep.dev/end2end/cluster/inside"
)

// proxyName is the sidecar's container, wherever it stands; initName the one that writes the rules.
const (
	proxyName = "istio-proxy"
	initName  = "istio-iptables"
)

// xdsPort is where a pod finds istiod: on its own loopback, as there is no way from a pod to the machine.
const xdsPort = "15010"

// environment resolves a container's variables as a kubelet would: by the downward API and by other variables.
func environment(pod *corev1.Pod, c *corev1.Container) (map[string]string, error) {
	values := map[string]string{}
	for _, variable := range c.Env {
		value, err := valueFrom(pod, c, variable, values)
		if err != nil {
			return nil, fmt.Errorf("variable %s of container %s: %w", variable.Name, c.Name, err)
		}
		values[variable.Name] = value
	}
	return values, nil
}

func valueFrom(pod *corev1.Pod, c *corev1.Container, variable corev1.EnvVar, before map[string]string) (string, error) {
	switch from := variable.ValueFrom; {
	case from == nil:
		return expansion.Expand(variable.Value, expansion.MappingFuncFor(before)), nil
	case from.FieldRef != nil:
		return field(pod, from.FieldRef.FieldPath)
	case from.ResourceFieldRef != nil:
		return resource.ExtractContainerResourceValue(from.ResourceFieldRef, c)
	default:
		// Nothing that the data plane needs comes from a Secret or ConfigMap.
		return "", nil
	}
}

// field knows what only a kubelet does; the rest stands in the metadata.
func field(pod *corev1.Pod, path string) (string, error) {
	switch path {
	case "spec.nodeName":
		return pod.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	case "status.hostIP", "status.hostIPs":
		return bridgeIP, nil
	case "status.podIP", "status.podIPs":
		return pod.Status.PodIP, nil
	}
	return fieldpath.ExtractFieldPathAsString(pod, path)
}

// arguments are a container's, with its variables put in.
func arguments(c *corev1.Container, environment map[string]string) []string {
	mapping := expansion.MappingFuncFor(environment)
	args := make([]string, 0, len(c.Args))
	for _, a := range append(slices.Clone(c.Command), c.Args...) {
		args = append(args, expansion.Expand(a, mapping))
	}
	return args
}

// proxyEnvironment changes only what has to be: how istiod's certificates are asked for, and what a container would have anyway.
// Looking for the metadata of a cloud would cost two seconds.
func proxyEnvironment(values map[string]string) []string {
	values["CA_ADDR"] = "127.0.0.1:" + xdsPort
	values["CLOUD_PLATFORM"] = "none"
	return listed(values)
}

// listed is an environment in the form of a process's, with a container's own PATH and HOME.
func listed(values map[string]string) []string {
	result := []string{}
	for name, value := range values {
		result = append(result, name+"="+value)
	}
	slices.Sort(result)
	if _, own := values["HOME"]; !own {
		result = append(result, "HOME=/")
	}
	return append(result, "PATH="+inside.Path)
}

// user is whom a container runs as. Its files are the machine's, so root is out of the question; only the rules are written as root.
func user(pod *corev1.Pod, c *corev1.Container) (uint32, error) {
	id := int64(1000)
	if at := pod.Spec.SecurityContext; at != nil && at.RunAsUser != nil {
		id = *at.RunAsUser
	}
	if at := c.SecurityContext; at != nil && at.RunAsUser != nil {
		id = *at.RunAsUser
	}
	if id <= 0 || id > 65533 {
		return 0, fmt.Errorf("container %s wants to run as user %d; the sandbox runs users 1 to 65533", c.Name, id)
	}
	return uint32(id), nil
}
