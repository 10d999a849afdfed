package inside

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// Curl is what there is of curl in a container on a machine that has none: enough to see an answer's status and headers. It
// understands -q -s -S -i -I -v -k -g -m, --connect-timeout, --noproxy, --url, -H, -X, -D -, -o and -w with %{http_code} and the
// addresses of the connection; the exit codes are curl's.
func Curl(args []string, out, errs io.Writer) int {
	c, err := parseCurl(args)
	if err != nil {
		fmt.Fprintf(errs, "curl: %v\n", err)
		return 2
	}
	code, err := c.run(out)
	if err != nil && (!c.silent || c.showError) {
		fmt.Fprintf(errs, "curl: (%d) %v\n", code, err)
	}
	return code
}

type curl struct {
	silent, showError, head, include, insecure bool
	method, output, write, url, dump           string
	limit, connectLimit                        float64
	headers                                    []string
	// The addresses of the connection, once there is one.
	local, remote string
}

func parseCurl(args []string) (*curl, error) {
	c := &curl{}
	flags := flag.NewFlagSet("curl", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for _, b := range []struct {
		at    *bool
		names []string
	}{
		{&c.silent, []string{"s", "silent"}}, {&c.showError, []string{"S", "show-error"}}, {&c.head, []string{"I", "head"}},
		{&c.include, []string{"i", "include"}}, {&c.insecure, []string{"k", "insecure"}}, {new(bool), []string{"v", "verbose"}},
		// What there is nothing of here: a file with options, patterns in URLs.
		{new(bool), []string{"q", "disable"}}, {new(bool), []string{"g", "globoff"}},
	} {
		for _, name := range b.names {
			flags.BoolVar(b.at, name, false, "")
		}
	}
	for _, s := range []struct {
		at    *string
		names []string
	}{{&c.method, []string{"X", "request"}}, {&c.output, []string{"o", "output"}}, {&c.write, []string{"w", "write-out"}}, {&c.url, []string{"url"}}, {&c.dump, []string{"D", "dump-header"}}, {new(string), []string{"noproxy"}}} {
		for _, name := range s.names {
			flags.StringVar(s.at, name, "", "")
		}
	}
	flags.Float64Var(&c.limit, "m", 0, "")
	flags.Float64Var(&c.limit, "max-time", 0, "")
	flags.Float64Var(&c.connectLimit, "connect-timeout", 0, "")
	header := func(text string) error { c.headers = append(c.headers, text); return nil }
	flags.Func("H", "", header)
	flags.Func("header", "", header)
	rest := expandShort(args)
	for {
		if err := flags.Parse(rest); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			break
		}
		// curl takes its URL anywhere between the options.
		if c.url != "" {
			return nil, errors.New("only one URL")
		}
		c.url, rest = flags.Arg(0), flags.Args()[1:]
	}
	if c.url == "" {
		return nil, errors.New("no URL specified")
	}
	if !strings.Contains(c.url, "://") {
		c.url = "http://" + c.url
	}
	return c, nil
}

// expandShort turns -sSI into -s -S -I and -m5 into -m 5.
func expandShort(args []string) (result []string) {
	for _, a := range args {
		if len(a) <= 2 || a[0] != '-' || a[1] == '-' {
			result = append(result, a)
			continue
		}
		for i := 1; i < len(a); i++ {
			result = append(result, "-"+a[i:i+1])
			if strings.IndexByte("mHXowD", a[i]) >= 0 {
				if i+1 < len(a) {
					result = append(result, a[i+1:])
				}
				break
			}
		}
	}
	return result
}

func (c *curl) run(out io.Writer) (int, error) {
	method := c.method
	switch {
	case method == "" && c.head:
		method = http.MethodHead
	case method == "":
		method = http.MethodGet
	}
	ctx := context.Background()
	if c.limit > 0 {
		limited, cancel := context.WithTimeout(ctx, time.Duration(c.limit*float64(time.Second)))
		defer cancel()
		ctx = limited
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url, nil)
	if err != nil {
		return 3, err
	}
	request.Header.Set("User-Agent", "curl/sidestep")
	request.Header.Set("Accept", "*/*")
	for _, h := range c.headers {
		name, value, _ := strings.Cut(h, ":")
		if strings.EqualFold(name, "host") {
			request.Host = strings.TrimSpace(value)
		}
		request.Header.Set(name, strings.TrimSpace(value))
	}
	dialer := &net.Dialer{Timeout: time.Duration(c.connectLimit * float64(time.Second))}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dialer.DialContext(ctx, network, address)
		if err == nil {
			c.local, c.remote = connection.LocalAddr().String(), connection.RemoteAddr().String()
		}
		return connection, err
	}
	transport := &http.Transport{DialContext: dial, DisableCompression: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: c.insecure}}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		_, _ = io.WriteString(out, c.written(0))
		return curlCode(err), err
	}
	defer answer.Body.Close()
	return c.print(out, answer)
}

func (c *curl) print(out io.Writer, answer *http.Response) (int, error) {
	body := out
	if c.output != "" {
		file, err := os.Create(c.output)
		if err != nil {
			return 23, err
		}
		defer file.Close()
		body = file
	}
	if c.head || c.include || c.dump == "-" {
		head := body
		if c.dump == "-" {
			head = out
		}
		fmt.Fprintf(head, "HTTP/%d.%d %s\r\n", answer.ProtoMajor, answer.ProtoMinor, answer.Status)
		for _, name := range sortedHeaders(answer.Header) {
			for _, value := range answer.Header[name] {
				fmt.Fprintf(head, "%s: %s\r\n", strings.ToLower(name), value)
			}
		}
		fmt.Fprint(head, "\r\n")
	}
	if _, err := io.Copy(body, answer.Body); err != nil {
		return curlCode(err), err
	}
	_, err := io.WriteString(out, c.written(answer.StatusCode))
	if err != nil {
		return 23, err
	}
	return 0, nil
}

// written is what -w asks for.
func (c *curl) written(status int) string {
	remote, _, _ := net.SplitHostPort(c.remote)
	local, port, _ := net.SplitHostPort(c.local)
	if port == "" {
		port = "0"
	}
	return strings.NewReplacer("%{http_code}", fmt.Sprintf("%03d", status), "%{remote_ip}", remote, "%{local_ip}", local, "%{local_port}", port, `\n`, "\n").Replace(c.write)
}

// curlCode is curl's exit code for what went wrong.
func curlCode(err error) int {
	var unknown *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &unknown):
		return 6
	case errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err):
		return 28
	case errors.Is(err, io.EOF):
		return 52
	case errors.As(err, &op) && op.Op == "dial":
		return 7
	}
	return 56
}

func sortedHeaders(h http.Header) []string { return slices.Sorted(maps.Keys(h)) }
