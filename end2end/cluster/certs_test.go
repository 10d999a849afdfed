package main

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"
	"time"
)

func newTestLayout(t *testing.T) Layout {
	t.Helper()
	l, err := NewLayout(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Create(); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestServingCertificateIsGoodForTheLoopbackAddress(t *testing.T) {
	l := newTestLayout(t)
	ca, err := LoadOrCreateAuthority(l, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := ca.Issue(l, "server", time.Now(), "kubernetes.default.svc"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(l.cert("server.crt"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.PEM)
	for _, name := range []string{"127.0.0.1", "localhost", "kubernetes.default.svc"} {
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: "example.com"}); err == nil {
		t.Error("the certificate must not be good for example.com")
	}
}

func TestAuthorityOutlivesARestartUnlessItIsDamaged(t *testing.T) {
	l := newTestLayout(t)
	first, err := LoadOrCreateAuthority(l, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	second, err := LoadOrCreateAuthority(l, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if string(first.PEM) != string(second.PEM) {
		t.Error("a good authority must be kept")
	}
	if err := os.WriteFile(l.cert("ca.key"), []byte("half a"), 0o600); err != nil {
		t.Fatal(err)
	}
	third, err := LoadOrCreateAuthority(l, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if string(first.PEM) == string(third.PEM) {
		t.Error("an authority without its key must be replaced")
	}
}

func TestKeysAreReadableByTheirOwnerOnly(t *testing.T) {
	l := newTestLayout(t)
	if _, err := LoadOrCreateAuthority(l, time.Now()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(l.cert("ca.key"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("ca.key has mode %v", info.Mode().Perm())
	}
}
