package publishing

import (
	"errors"
	"runtime"
	"sync"
	"time"
)

// pool draws on every processor. The first error stops what has not begun.
type pool struct {
	work  chan func() error
	yield func() bool // somebody is in a hurry: wait
	once  sync.Once
	wg    sync.WaitGroup // of what is under way

	mu  sync.Mutex
	err error
}

func newPool() *pool { return &pool{work: make(chan func() error)} }

func (p *pool) begin() {
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for f := range p.work {
				for p.yield != nil && p.yield() {
					time.Sleep(time.Millisecond)
				}
				if p.failed() == nil {
					if err := f(); err != nil {
						p.mu.Lock()
						p.err = errors.Join(p.err, err)
						p.mu.Unlock()
					}
				}
				p.wg.Done()
			}
		}()
	}
}

func (p *pool) failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// do has f done; it waits when every processor is busy.
func (p *pool) do(f func() error) {
	p.once.Do(p.begin)
	p.wg.Add(1)
	p.work <- f
}

// wait until all is done that was asked for.
func (p *pool) wait() error {
	p.wg.Wait()
	return p.failed()
}

// end lets the workers go.
func (p *pool) end() {
	p.wg.Wait()
	close(p.work)
}
