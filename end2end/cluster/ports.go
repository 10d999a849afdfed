package main

import (
	"fmt"
	"net"
)

// Port is a free loopback port that stays bound until the part that wants it is about to start: a port that is merely
// looked up and let go can be taken by any outgoing connection of the machine in between.
type Port struct {
	Number int
	held   net.Listener
}

// ReservePort lets the kernel choose.
func ReservePort() (*Port, error) {
	held, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("no free loopback port: %w", err)
	}
	return &Port{Number: held.Addr().(*net.TCPAddr).Port, held: held}, nil
}

// Addr is the port as `host:port`.
func (p *Port) Addr() string { return fmt.Sprintf("127.0.0.1:%d", p.Number) }

// Release hands the port over to the part that binds it next.
func (p *Port) Release() { _ = p.held.Close() }

// Ports are all the doors of one run.
type Ports struct {
	EtcdClient, EtcdPeer, APIServer                       *Port
	IstiodHTTP, IstiodHTTPS, IstiodGRPC, IstiodMonitoring *Port
}

// ReservePorts chooses all ports of a run at once, so that no two parts get the same one.
func ReservePorts() (*Ports, error) {
	p := &Ports{}
	for _, slot := range []**Port{&p.EtcdClient, &p.EtcdPeer, &p.APIServer, &p.IstiodHTTP, &p.IstiodHTTPS, &p.IstiodGRPC, &p.IstiodMonitoring} {
		port, err := ReservePort()
		if err != nil {
			return nil, err
		}
		*slot = port
	}
	return p, nil
}
