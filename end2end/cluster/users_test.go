package main

import (
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

func TestTokensOutliveARestartAndDiffer(t *testing.T) {
	l := newTestLayout(t)
	first, err := LoadOrCreateTokens(l)
	if err != nil {
		t.Fatal(err)
	}
	second, err := LoadOrCreateTokens(l)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, u := range first {
		if u.Token != second[i].Token {
			t.Errorf("the token of %s changed", u.Name)
		}
		if len(u.Token) < 32 || seen[u.Token] {
			t.Errorf("the token of %s is short or not its own", u.Name)
		}
		seen[u.Token] = true
	}
}

func TestKubeconfigLeadsToTheServerAsItsUser(t *testing.T) {
	text, err := Kubeconfig(User{Name: "viewer", Token: "secret"}, "https://127.0.0.1:6443", []byte("a certificate"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	if config.Host != "https://127.0.0.1:6443" || config.BearerToken != "secret" || string(config.CAData) != "a certificate" {
		t.Errorf("got %s, %s, %s", config.Host, config.BearerToken, config.CAData)
	}
}
