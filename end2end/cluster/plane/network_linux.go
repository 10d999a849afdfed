package plane

import (
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/vishvananda/netlink"

	"sidestep.dev/end2end/cluster/netns"
)

const (
	bridge     = "pods"
	bridgeIP   = "10.250.0.1"
	bridgeCIDR = bridgeIP + "/16"
)

// External are the addresses of the host outside the mesh. They are documentation's, so no real host has them.
var External = []string{"198.51.100.10", "198.51.100.11"}

const externalRange = "198.51.100.0/24"

// Network is a bridge in a namespace of its own with all pods and the external host on it. Other sandboxes and the machine do not
// see it, so fixed addresses and names do no harm. Nothing is routed: that would need kernel settings which containers often
// may not write.
type Network struct {
	node, external *netns.Space

	lock sync.Mutex
	free addresses
	next int
}

// NewNetwork makes bridge and external host.
func NewNetwork() (*Network, error) {
	n := &Network{}
	for _, at := range []**netns.Space{&n.node, &n.external} {
		space, err := netns.New()
		if err != nil {
			return nil, err
		}
		*at = space
	}
	err := n.node.Do(func() error {
		if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridge}}); err != nil {
			return fmt.Errorf("cannot make a bridge: %w", err)
		}
		return errors.Join(netns.LinkUp("lo"), netns.Address(bridge, bridgeCIDR))
	})
	if err != nil {
		return nil, err
	}
	if err := n.plug(n.external, "external"); err != nil {
		return nil, err
	}
	return n, n.external.Do(func() error {
		for _, ip := range External {
			if err := netns.Address("eth0", ip+"/24"); err != nil {
				return err
			}
		}
		return errors.Join(netns.LinkUp("lo"), onLink(bridgeCIDR))
	})
}

// Join gives a pod its interface and a new address.
func (n *Network) Join(pod *netns.Space) (ip string, err error) {
	n.lock.Lock()
	n.next++
	name := fmt.Sprintf("pod%d", n.next)
	ip, err = n.free.take()
	n.lock.Unlock()
	if err != nil {
		return "", err
	}
	if err := n.plug(pod, name); err != nil {
		return ip, err
	}
	return ip, pod.Do(func() error {
		if err := errors.Join(netns.LinkUp("lo"), netns.Address("eth0", ip+"/16")); err != nil {
			return err
		}
		// Service addresses have to lead somewhere before a rule can send them to Envoy.
		return errors.Join(onLink(externalRange), netns.Route("0.0.0.0/0", bridgeCIDR))
	})
}

// Leave lets the address be given again. The interface has gone with the pod's namespace.
func (n *Network) Leave(ip string) {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.free.give(ip)
}

// plug makes `eth0` in a namespace and its other end on the bridge.
func (n *Network) plug(space *netns.Space, name string) error {
	return n.node.Do(func() error {
		at, err := netlink.LinkByName(bridge)
		if err != nil {
			return err
		}
		veth := &netlink.Veth{
			LinkAttrs: netlink.LinkAttrs{Name: name, MasterIndex: at.Attrs().Index},
			PeerName:  "eth0", PeerNamespace: netlink.NsFd(space.Handle),
		}
		if err := netlink.LinkAdd(veth); err != nil {
			return fmt.Errorf("cannot wire %s: %w", name, err)
		}
		return netns.LinkUp(name)
	})
}

func onLink(to string) error {
	_, destination, err := net.ParseCIDR(to)
	if err != nil {
		return err
	}
	link, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{Dst: destination, LinkIndex: link.Attrs().Index, Scope: netlink.SCOPE_LINK})
}

// listen opens a TCP port in a namespace; the sockets stay there, whoever uses them.
func listen(space *netns.Space, address string) (listener net.Listener, err error) {
	err = space.Do(func() error {
		listener, err = net.Listen("tcp4", address)
		return err
	})
	return listener, err
}
