package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// Authority is the sandbox's own certificate authority. It outlives a run, because stored objects (webhook
// configurations, the root-ca ConfigMaps) carry its certificate.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	PEM  []byte
}

// LoadOrCreateAuthority reads ca.crt and ca.key, or makes a new pair when they are absent, damaged or about to end.
func LoadOrCreateAuthority(l Layout, now time.Time) (*Authority, error) {
	if a, err := loadAuthority(l); err == nil && now.Add(30*24*time.Hour).Before(a.cert.NotAfter) {
		return a, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template, err := certificateTemplate("sidestep sandbox CA", now)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	if err := writePair(l, "ca", der, key); err != nil {
		return nil, err
	}
	return loadAuthority(l)
}

func loadAuthority(l Layout) (*Authority, error) {
	text, err := os.ReadFile(l.cert("ca.crt"))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no certificate", l.cert("ca.crt"))
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, err := loadKey(l.cert("ca.key"))
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return nil, fmt.Errorf("ca.key does not belong to ca.crt")
	}
	return &Authority{cert, key, text}, nil
}

// Issue writes NAME.crt and NAME.key for a server on this machine. Serving certificates are made anew at each start.
func (a *Authority) Issue(l Layout, name string, now time.Time, dnsNames ...string) error {
	return a.issue(l, name, now, x509.ExtKeyUsageServerAuth, dnsNames)
}

// IssueClient writes NAME.crt and NAME.key for one who calls others under that name.
func (a *Authority) IssueClient(l Layout, name string, now time.Time) error {
	return a.issue(l, name, now, x509.ExtKeyUsageClientAuth, nil)
}

func (a *Authority) issue(l Layout, name string, now time.Time, usage x509.ExtKeyUsage, dnsNames []string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template, err := certificateTemplate(name, now)
	if err != nil {
		return err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{usage}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1).To4()}
	template.DNSNames = append([]string{"localhost"}, dnsNames...)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return err
	}
	return writePair(l, name, der, key)
}

// EnsureServiceAccountKey keeps the key that signs service-account tokens, so that tokens stored in the cluster stay good.
func EnsureServiceAccountKey(l Layout) error {
	if _, err := loadKey(l.cert("sa.key")); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	return writeKey(l.cert("sa.key"), key)
}

func certificateTemplate(name string, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: []string{"sidestep sandbox"}},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(365 * 24 * time.Hour),
	}, err
}

func writePair(l Layout, name string, der []byte, key *ecdsa.PrivateKey) error {
	if err := writeKey(l.cert(name+".key"), key); err != nil {
		return err
	}
	return writeAtomically(l.cert(name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writeAtomically(path, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}

func loadKey(path string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no key", path)
	}
	return x509.ParseECPrivateKey(block.Bytes)
}
