//go:build !linux

package main

import "errors"

func kernelProbes([]string) int {
	return complain(errors.New("only Linux has network namespaces and iptables"))
}
