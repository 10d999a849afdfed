package main

import (
	"crypto/rand"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// User is somebody who may talk to the API server. What the last two may do is RBAC, in access.yaml and demo/shop.yaml.
type User struct{ Name, Groups, Token string }

// users are one who may do everything, one who may change a single namespace, and one who may only look.
var users = []User{
	{Name: "admin", Groups: "system:masters"},
	{Name: "shop-editor", Groups: "sidestep-demo"},
	{Name: "viewer", Groups: "sidestep-demo"},
}

// LoadOrCreateTokens writes tokens.csv. Tokens survive restarts, so that a kubeconfig somebody copied needs only a new port.
func LoadOrCreateTokens(l Layout) ([]User, error) {
	known := readTokens(l.cert("tokens.csv"))
	result := make([]User, 0, len(users))
	var text strings.Builder
	for _, u := range users {
		if u.Token = known[u.Name]; u.Token == "" {
			random := make([]byte, 24)
			if _, err := rand.Read(random); err != nil {
				return nil, err
			}
			u.Token = hex.EncodeToString(random)
		}
		fmt.Fprintf(&text, "%s,%s,%s,%q\n", u.Token, u.Name, u.Name, u.Groups)
		result = append(result, u)
	}
	return result, writeAtomically(l.cert("tokens.csv"), []byte(text.String()))
}

// readTokens takes what it can from an older file; anything unreadable is simply made anew.
func readTokens(path string) map[string]string {
	known := map[string]string{}
	text, err := os.ReadFile(path)
	if err != nil {
		return known
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		return known
	}
	for _, row := range rows {
		if len(row) >= 3 && len(row[0]) == 48 {
			known[row[1]] = row[0]
		}
	}
	return known
}

// Kubeconfig renders a self-contained kubeconfig: the CA is inside, so the file can be copied elsewhere.
func Kubeconfig(u User, server string, ca []byte) ([]byte, error) {
	c := clientcmdapi.NewConfig()
	c.Clusters["sidestep-sandbox"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	c.AuthInfos[u.Name] = &clientcmdapi.AuthInfo{Token: u.Token}
	c.Contexts["sidestep-sandbox"] = &clientcmdapi.Context{Cluster: "sidestep-sandbox", AuthInfo: u.Name, Namespace: "default"}
	c.CurrentContext = "sidestep-sandbox"
	return clientcmd.Write(*c)
}

// WriteKubeconfigs writes one file a user.
func WriteKubeconfigs(l Layout, all []User, server string, ca []byte) error {
	for _, u := range all {
		text, err := Kubeconfig(u, server, ca)
		if err != nil {
			return err
		}
		if err := writeAtomically(l.kubeconfig(u.Name), text); err != nil {
			return err
		}
	}
	return nil
}
