package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	discovery "istio.io/istio/pilot/cmd/pilot-discovery/app"
	_ "istio.io/istio/manifests"
	_ "istio.io/istio/operator/pkg/render"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	_ "k8s.io/client-go/dynamic"
	_ "k8s.io/client-go/kubernetes"
	_ "k8s.io/client-go/restmapper"
	_ "k8s.io/client-go/tools/clientcmd"
	_ "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	_ "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	_ "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	_ "sigs.k8s.io/yaml"
	_ "sigs.k8s.io/kwok/pkg/config"
	_ "sigs.k8s.io/kwok/pkg/log"
	_ "sigs.k8s.io/kwok/pkg/utils/signals"
	_ "k8s.io/client-go/discovery/cached/memory"
	_ "k8s.io/apimachinery/pkg/util/yaml"
	_ "golang.org/x/sys/unix"
)

var _ = kwok.NewCommand

func main() {
	switch os.Args[1] {
	case "etcd":
		etcdmain.Main(os.Args)
	case "a":
		cli.Run(apiserver.NewAPIServerCommand())
	case "b":
		cli.Run(controllers.NewControllerManagerCommand())
	case "c":
		cli.Run(scheduler.NewSchedulerCommand())
	case "d":
		_ = discovery.NewRootCommand()
	}
}
