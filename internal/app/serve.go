package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"zhengshu/internal/api"
	"zhengshu/internal/audit"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/vantageweb"
	"zhengshu/internal/jobs"
	"zhengshu/internal/media"
	"zhengshu/internal/media/mediaweb"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/web"
)

const (
	// drain is how long requests may finish after the word to stop.
	drain = 20 * time.Second
	// halt is how long work may: what is nearly done ends, what is long hears it and goes
	// back to the waiting with its place kept.
	halt = time.Second
)

// server is one process that answers people.
type server struct {
	h        *House
	portal   http.Handler // within the limits of each client
	staff    *web.Router
	api      http.Handler
	exchange http.Handler // of the vantages' agents
	ready    atomic.Bool
}

// Serve answers on the configured address, works jobs and runs the periodic
// duties until ctx ends. listening is called with the address once bound.
func (h *House) Serve(ctx context.Context, listening func(addr net.Addr)) error {
	l := h.listener
	if l == nil {
		return fault.New(fault.Invalid, "没有监听地址，请给出 --addr。")
	}
	s, err := h.newServer()
	if err != nil {
		return err
	}
	front, err := h.Config.Reach.server(s, h.Portal.Serves, h.Config.Log)
	if err != nil {
		return err
	}
	front.MaxBody = 4 << 30 // every door has its own bound
	h.certs = front.Certs
	secured, err := listen(h.Config.Reach.Secured, "--tls-addr")
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	answering, end := context.WithCancel(context.WithoutCancel(ctx))
	answered := make(chan error, 1)
	go func() {
		err := front.Serve(answering, []net.Listener{l}, secured)
		answered <- err
		failed <- err
	}()
	listening(l.Addr())
	shut := func() error { end(); return <-answered }
	ops, err := h.serveOps(failed)
	if err != nil {
		return errors.Join(err, shut())
	}
	// Before the periodic duties begin: a sweep of a half-filled demo would leave
	// the quarter's debtors out for an hour.
	if err := h.seed(ctx); err != nil {
		return errors.Join(err, shut())
	}
	stop, err := h.startWork(ctx)
	if err != nil {
		return errors.Join(err, shut())
	}
	s.ready.Store(true)
	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
	}
	// Work ends first: an inspection of a site served here must not see its
	// listener close and take that for a fault of the site.
	errs := []error{err, stop()}
	errs = append(errs, shut())
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if ops != nil {
		errs = append(errs, ops.Shutdown(last))
	}
	return errors.Join(errs...)
}

// Work does the work of a process without listeners until ctx ends.
func (h *House) Work(ctx context.Context) error {
	stop, err := h.startWork(ctx)
	if err != nil {
		return err
	}
	<-ctx.Done()
	return stop()
}

// startWork starts the jobs, the periodic duties and the audit sequencer.
func (h *House) startWork(ctx context.Context) (stop func() error, err error) {
	client, err := jobs.New(h.DB, h.workers, jobs.Config{
		Wrap: func(ctx context.Context, kind string) context.Context { return audit.System(ctx, "job."+kind) },
		// Runs and probes wait on the network; they must not keep acts waiting.
		Queues: map[string]int{inspection.Queue: 4, inspection.UrgentQueue: 2, publishing.BulkQueue: 1},
		Log:    h.Config.Log,
	})
	if err != nil {
		return nil, err
	}
	if err := client.Start(ctx); err != nil {
		return nil, err
	}
	bg, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go h.sequencer.Run(bg, 500*time.Millisecond)
	go h.followNotices(bg)
	hasty, leave := context.WithCancel(bg)
	calm := h.Publisher.Hasten(audit.System(hasty, "job.publishing.refresh"))
	return func() error {
		end, done := context.WithTimeout(bg, halt)
		defer done()
		calmed := make(chan struct{})
		go func() { calm(); close(calmed) }()
		err := client.Stop(end)
		leave() // what is left of it is its job's, which waits
		<-calmed
		cancel()
		return err
	}, nil
}

// followNotices takes over the holiday notices that another process entered.
func (h *House) followNotices(ctx context.Context) {
	t := time.NewTicker(30 * time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := h.Province.Refresh(ctx); err != nil && ctx.Err() == nil {
			h.Config.Log.ErrorContext(ctx, "holiday notices were not refreshed", "cause", err)
		}
	}
}

func (h *House) newServer() (*server, error) {
	s := &server{h: h, portal: h.Portal}
	limits, err := h.Config.Reach.limits()
	if err != nil {
		return nil, err
	}
	if limits != nil {
		s.portal = portal.NewLimiter(*limits, h.Portal)
	}
	gate, routes := h.doors()
	s.staff = web.NewRouter(web.Config{
		Gate: gate, Receipts: h.Signin.Receipts(), Counts: h.TopBar, Taken: h.Taken, Nav: navigation(), Demo: h.Demo, Version: h.Config.Version,
		Links:  web.Links{Home: "/console", Inbox: "/console", Account: "/console/sessions", Deputy: "/console/me/handover", Logout: "/console/logout"},
		Secure: h.Config.Secure, Clock: h.Config.Clock, Log: h.Config.Log,
	})
	s.staff.Add(routes...)
	if h.Config.Version == "dev" {
		s.staff.Add(web.Storybook()...)
	}
	s.exchange = vantageweb.Door(h.Inspection, h.Config.Log)
	s.api = api.New(api.Services{Signin: h.Signin, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, NewMedia: h.NewMedia, Rules: h.Rules, Version: h.Config.Version})
	return s, nil
}

// ServeHTTP sends a request to its door: health, a portal by host, the console
// and the API by path, the demo's landing page, or nowhere.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/healthz":
		s.health(w)
		return
	case "/livez":
		fmt.Fprintln(w, "ok")
		return
	case "/readyz":
		s.readiness(w, r)
		return
	}
	if s.h.Portal.Serves(r.Host) {
		s.portal.ServeHTTP(w, r)
		return
	}
	path := r.URL.Path
	switch {
	case path == vantageweb.ExchangePath:
		s.exchange.ServeHTTP(w, r)
	case strings.HasPrefix(path, "/api/"):
		s.api.ServeHTTP(w, r)
	case path == "/console" || strings.HasPrefix(path, "/console/") || strings.HasPrefix(path, "/assets/") || strings.HasPrefix(path, "/dev/"):
		s.staff.ServeHTTP(w, r)
	case strings.HasPrefix(path, media.Prefix):
		inside := r.Clone(r.Context())
		inside.URL.Path, inside.URL.RawPath = mediaweb.Files+strings.TrimPrefix(path, media.Prefix), ""
		s.staff.ServeHTTP(w, inside)
	case s.h.Demo:
		s.h.Portal.Landing(w, r)
	default:
		web.WriteFault(w, r, fault.New(fault.Misdirected, "这个网址不属于本系统的任何站点。"))
	}
}

// health is 200 once the first page can be served.
func (s *server) health(w http.ResponseWriter) {
	if !s.ready.Load() {
		http.Error(w, "starting", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// readiness says whether every part answers; the portals serve on when the
// database does not.
func (s *server) readiness(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	state := map[string]string{"state": "ready", "database": "ok", "portals": "ok"}
	status := http.StatusOK
	if err := s.h.DB.Ping(ctx); err != nil {
		state["state"], state["database"] = "degraded", "unavailable"
		status = http.StatusServiceUnavailable
	} else if !s.ready.Load() {
		state["state"] = "starting"
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(state)
}

// serveOps answers /metrics on its own listener; none when not configured.
func (h *House) serveOps(failed chan<- error) (*http.Server, error) {
	if h.Config.Ops == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", h.Config.Ops)
	if err != nil {
		return nil, cannotListen(h.Config.Ops, "--ops", err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &measures{h}, &portalMeasures{handler: h.Portal, recorder: h.recorder, certs: h.certs})
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { failed <- srv.Serve(l) }()
	return srv, nil
}

// measures are the house's own figures, read when asked.
type measures struct{ h *House }

var (
	jobsWaiting = prometheus.NewDesc("zhengshu_jobs_waiting", "Jobs waiting by kind.", []string{"kind"}, nil)
	jobsOldest  = prometheus.NewDesc("zhengshu_jobs_oldest_seconds", "Age of the oldest waiting job by kind.", []string{"kind"}, nil)
	jobsFailed  = prometheus.NewDesc("zhengshu_jobs_failed", "Jobs that failed for good by kind.", []string{"kind"}, nil)
	commits     = prometheus.NewDesc("zhengshu_db_commits_total", "Write transactions committed by this process.", nil, nil)
)

func (m *measures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{jobsWaiting, jobsOldest, jobsFailed, commits} {
		ch <- d
	}
}

func (m *measures) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ch <- prometheus.MustNewConstMetric(commits, prometheus.CounterValue, float64(m.h.DB.Commits()))
	waiting, err := jobs.Counts(ctx, m.h.DB)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(jobsWaiting, err)
		return
	}
	for _, w := range waiting {
		ch <- prometheus.MustNewConstMetric(jobsWaiting, prometheus.GaugeValue, float64(w.Waiting), w.Kind)
		ch <- prometheus.MustNewConstMetric(jobsOldest, prometheus.GaugeValue, w.OldestAge.Seconds(), w.Kind)
		ch <- prometheus.MustNewConstMetric(jobsFailed, prometheus.GaugeValue, float64(w.Failed), w.Kind)
	}
}
