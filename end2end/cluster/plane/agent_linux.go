// Package plane is a small kubelet: it gives the pods of one node a real network, the real rules of their own init container and
// a real Envoy. Start reading at agent_linux.go.
package plane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// NodeName is the node whose pods are real.
const NodeName = "node-plane"

// Config is what the agent is told.
type Config struct {
	Kubeconfig string
	// Folder is for the pods' files.
	Folder string
	// Pod is the program with all that pods run but Envoy.
	Pod, Envoy string
	// Istiod is the address of its plain port.
	Istiod string
	// Cert and Key are for the kubelet's port, CA for those who call it.
	Cert, Key, CA string
	// Report is called when the node is ready.
	Report func()
}

// Agent runs the pods of the node.
type Agent struct {
	Config
	client  kubernetes.Interface
	network *Network
	// services are all of the cluster, for the pods' hosts files.
	services cache.Store

	lock sync.Mutex
	pods map[types.UID]*Pod
	ctx  context.Context
}

func say(format string, args ...any) {
	fmt.Printf("%s "+format+"\n", append([]any{time.Now().UTC().Format(time.RFC3339)}, args...)...)
}

// Run is the agent's life.
func Run(ctx context.Context, config Config) error {
	rest, err := clientcmd.BuildConfigFromFlags("", config.Kubeconfig)
	if err != nil {
		return err
	}
	rest.QPS, rest.Burst, rest.WarningHandler = -1, 0, nil
	client, err := kubernetes.NewForConfig(rest)
	if err != nil {
		return err
	}
	a := &Agent{Config: config, client: client, pods: map[types.UID]*Pod{}, ctx: ctx}
	if err := ownFolder(config.Folder); err != nil {
		return err
	}
	if a.network, err = NewNetwork(); err != nil {
		return err
	}
	if err := a.startExternal(); err != nil {
		return err
	}
	port, err := a.serveKubelet()
	if err != nil {
		return err
	}
	if err := a.writeNode(ctx, port); err != nil {
		return err
	}
	if err := a.watchServices(ctx); err != nil {
		return err
	}
	config.Report()
	a.watch(ctx)
	a.endAll()
	return nil
}

// startExternal is the host outside the mesh.
func (a *Agent) startExternal() error {
	log, err := os.OpenFile(filepath.Join(a.Folder, "external.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	for _, ip := range External {
		listener, err := listen(a.network.external, net.JoinHostPort(ip, "80"))
		if err != nil {
			return err
		}
		serve(listener, application("external", log))
	}
	return nil
}

// watch follows the node's pods until ctx ends.
func (a *Agent) watch(ctx context.Context) {
	selector := fields.OneTermEqualSelector("spec.nodeName", NodeName)
	source := cache.NewListWatchFromClient(a.client.CoreV1().RESTClient(), "pods", metav1.NamespaceAll, selector)
	_, controller := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: source, ObjectType: &corev1.Pod{},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { a.see(o.(*corev1.Pod)) },
			UpdateFunc: func(_, o any) { a.see(o.(*corev1.Pod)) },
			DeleteFunc: func(o any) {
				if last, ok := o.(cache.DeletedFinalStateUnknown); ok {
					o = last.Obj
				}
				if pod, ok := o.(*corev1.Pod); ok {
					a.forget(pod.UID)
				}
			},
		},
	})
	controller.Run(ctx.Done())
}

// watchServices keeps the pods' hosts files as the cluster's Services are.
func (a *Agent) watchServices(ctx context.Context) error {
	tell := func(any) { a.tellHosts() }
	store, controller := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewListWatchFromClient(a.client.CoreV1().RESTClient(), "services", metav1.NamespaceAll, fields.Everything()),
		ObjectType:    &corev1.Service{},
		Handler:       cache.ResourceEventHandlerFuncs{AddFunc: tell, UpdateFunc: func(_, _ any) { a.tellHosts() }, DeleteFunc: tell},
	})
	a.services = store
	go controller.Run(ctx.Done())
	limited, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if !cache.WaitForCacheSync(limited.Done(), controller.HasSynced) {
		return errors.New("the API server does not list its Services")
	}
	return nil
}

// see starts a pod, or tells its goroutine what is new.
func (a *Agent) see(pod *corev1.Pod) {
	a.lock.Lock()
	defer a.lock.Unlock()
	known := a.pods[pod.UID]
	if known != nil {
		known.lock.Lock()
		known.object = pod
		known.lock.Unlock()
	}
	switch over := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed; {
	case pod.DeletionTimestamp != nil:
		a.delete(pod, known)
	case known == nil && !over:
		ctx, stop := context.WithCancel(a.ctx)
		known = &Pod{
			agent: a, folder: filepath.Join(a.Folder, string(pod.UID)), namespace: pod.Namespace, name: pod.Name,
			stop: stop, gone: make(chan struct{}), object: pod,
		}
		a.pods[pod.UID] = known
		go known.run(ctx)
	}
}

// delete ends a pod within its grace period and then lets the API server forget it.
func (a *Agent) delete(pod *corev1.Pod, known *Pod) {
	if known != nil {
		known.lock.Lock()
		if known.grace == 0 && pod.DeletionGracePeriodSeconds != nil {
			known.grace = time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second
		}
		known.lock.Unlock()
		known.stop()
	}
	go func() {
		if known != nil {
			<-known.gone
		}
		now := int64(0)
		err := a.client.CoreV1().Pods(pod.Namespace).Delete(a.ctx, pod.Name, metav1.DeleteOptions{
			GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &pod.UID},
		})
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			say("pod %s/%s cannot be removed: %v", pod.Namespace, pod.Name, err)
		}
	}()
}

// forget ends at once what the API server no longer has.
func (a *Agent) forget(uid types.UID) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if known := a.pods[uid]; known != nil {
		known.stop()
		delete(a.pods, uid)
	}
}

// endAll ends every pod; ctx has ended already, and the pods' own contexts with it.
func (a *Agent) endAll() {
	a.lock.Lock()
	defer a.lock.Unlock()
	for _, p := range a.pods {
		<-p.gone
	}
}

func (a *Agent) find(namespace, name string) *Pod {
	a.lock.Lock()
	defer a.lock.Unlock()
	for _, p := range a.pods {
		p.lock.Lock()
		is := p.object.Namespace == namespace && p.object.Name == name
		p.lock.Unlock()
		if is {
			return p
		}
	}
	return nil
}

func (a *Agent) writeStatus(ctx context.Context, pod *corev1.Pod, status corev1.PodStatus) (*corev1.Pod, error) {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": pod.UID}, "status": status})
	if err != nil {
		return nil, err
	}
	return a.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
}
