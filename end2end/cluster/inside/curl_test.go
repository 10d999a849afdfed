package inside

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCurlShowsStatusAndHeaders(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "there")
		w.Header().Set("X-Asked", r.Header.Get("X-Ask"))
	}))
	defer server.Close()
	for _, args := range [][]string{
		{"-sS", "-I", "-m", "5", "-H", "X-Ask: yes", server.URL}, {"-sSIm5", server.URL, "-HX-Ask: yes"}, {"--head", "--max-time", "5", "--header", "X-Ask: yes", server.URL},
	} {
		var out, errs strings.Builder
		if code := Curl(args, &out, &errs); code != 0 {
			t.Errorf("%q: %d %s", args, code, errs.String())
		}
		text := out.String()
		if !strings.HasPrefix(text, "HTTP/1.1 200 OK\r\n") || !strings.Contains(text, "server: there\r\n") || !strings.Contains(text, "x-asked: yes\r\n") {
			t.Errorf("%q: %q", args, text)
		}
	}
	var out, errs strings.Builder
	if code := Curl([]string{"-s", "-o", "/dev/null", "-w", `%{http_code}\n`, server.URL}, &out, &errs); code != 0 || out.String() != "200\n" {
		t.Errorf("%d %q %q", code, out.String(), errs.String())
	}
}

func TestCurlsExitCodesAreCurls(t *testing.T) {
	closed := httptest.NewServer(nil)
	url := closed.URL
	closed.Close()
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = connection.Close()
		}
	}))
	defer cut.Close()
	for _, c := range []struct {
		code int
		args []string
	}{{7, []string{"-sS", url}}, {52, []string{"-sS", cut.URL}}, {2, []string{"-sS"}}, {2, []string{"--unknown", url}}} {
		var out, errs strings.Builder
		if code := Curl(c.args, &out, &errs); code != c.code || !strings.HasPrefix(errs.String(), "curl: ") {
			t.Errorf("%q: %d %q", c.args, code, errs.String())
		}
	}
}

func TestAsAVerificationAsks(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Server", "app") }))
	defer server.Close()
	for _, how := range [][]string{{"-I"}, {"-D", "-", "-o", "/dev/null"}} {
		args := append([]string{"-q", "-sS", "-k", "-g", "--noproxy", "*", "-m", "5", "-w", `\nmark %{http_code} %{remote_ip} %{local_ip} %{local_port}\n`}, how...)
		var out, errs strings.Builder
		if code := Curl(append(args, "--url", server.URL), &out, &errs); code != 0 {
			t.Fatalf("%d: %s", code, errs.String())
		}
		if text := out.String(); !strings.HasPrefix(text, "HTTP/1.1 200 OK\r\n") || !strings.Contains(text, "server: app\r\n") || !strings.Contains(text, "\nmark 200 127.0.0.1 127.0.0.1 ") {
			t.Errorf("%v: %q", how, text)
		}
	}
	server.Close()
	var out, errs strings.Builder
	if code := Curl([]string{"-q", "-sS", "-I", "-w", `\nmark %{http_code} %{remote_ip} %{local_ip} %{local_port}\n`, "--url", server.URL}, &out, &errs); code != 7 || out.String() != "\nmark 000   0\n" {
		t.Errorf("%d %q %q", code, out.String(), errs.String())
	}
}
