package plane

import (
	"context"
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"sidestep.dev/end2end/cluster/inside"
)

// bootstrap is Envoy's first configuration, as a template: Istio's tools/packaging/common/envoy_bootstrap.json, unchanged. A test
// compares it with the one in the module.
//
//go:embed bootstrap.json
var bootstrap []byte

// mesh tells pilot-agent where Envoy and istiod are. What the pod's own PROXY_CONFIG says comes on top of it.
const mesh = `defaultConfig:
  discoveryAddress: 127.0.0.1:` + xdsPort + `
  controlPlaneAuthPolicy: NONE
  binaryPath: ` + inside.Programs + `/envoy
`

// folders of a pod that Istio's image or the pod's volumes bring along.
var folders = []string{
	"istio/proxy", "istio/pod", "istio/config", "lib/data", "lib/envoy", "secrets/tokens", "secrets/istio/crl",
	"secrets/workload-spiffe-uds", "secrets/credential-uds", "secrets/workload-spiffe-credentials",
	"logs", "root",
}

// writeFiles makes a pod's folder.
func writeFiles(folder string, pod *corev1.Pod) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	for _, name := range folders {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o755); err != nil {
			return err
		}
	}
	files := map[string]string{
		"lib/envoy/envoy_bootstrap_tmpl.json": string(bootstrap),
		"istio/config/mesh":                   mesh,
		"istio/pod/labels":                    downward(pod.Labels),
		"istio/pod/annotations":               downward(pod.Annotations),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// downward is a map in the form of a downward API volume.
func downward(values map[string]string) string {
	lines := []string{}
	for name, value := range values {
		lines = append(lines, fmt.Sprintf("%s=%q", name, value))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// writeToken gets the token by which istiod knows whom to give a certificate. It lasts as long as the pod asks for.
func writeToken(ctx context.Context, client kubernetes.Interface, folder string, pod *corev1.Pod) error {
	lasts := int64(43200)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		Audiences: []string{"istio-ca"}, ExpirationSeconds: &lasts,
		BoundObjectRef: &authenticationv1.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: pod.Name, UID: pod.UID},
	}}
	accounts := client.CoreV1().ServiceAccounts(pod.Namespace)
	answer, err := accounts.CreateToken(ctx, pod.Spec.ServiceAccountName, request, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("no token for istiod: %w", err)
	}
	path := filepath.Join(folder, "secrets/tokens/istio-token")
	if err := os.WriteFile(path+".new", []byte(answer.Status.Token), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// give makes a user the owner of what a sidecar reads and writes.
func give(folder string, user uint32) error {
	for _, part := range []string{"istio", "lib", "secrets"} {
		err := filepath.WalkDir(filepath.Join(folder, part), func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, int(user), int(user))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
