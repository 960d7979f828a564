package publishing

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/publishing/theme"
)

func testSite() theme.Site {
	return theme.Site{ID: "01S", Name: "云河县人民政府（演示）", Host: "yunhe.localhost", Hosts: []string{"yunhe.localhost"}}
}

func numbered(n int) []File {
	var out []File
	for i := range 40 {
		out = append(out, File{Page{Path: fmt.Sprintf("/content/2026%02d/%d.html", i%12+1, i), Status: 200, Kind: "text/html"}, []byte(fmt.Sprintf("page %d of release %d", i, n))})
	}
	return out
}

// whole reads every page of the current release and says which one it is.
func whole(t *testing.T, s *Store) string {
	t.Helper()
	r, err := s.Current("01S")
	if errors.Is(err, ErrNoRelease) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	n := 0
	if err := r.Each(func(p Page) error {
		b, err := s.Object(p.Hash, MaxObject)
		_, of, _ := strings.Cut(string(b), " of ")
		seen[of] = true
		n++
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 || n != 40 {
		t.Fatalf("a release of %d pages mixes %v", n, seen)
	}
	for k := range seen {
		return k
	}
	return ""
}

// current is the file that names the site's release in force.
func current(dir string) string {
	return filepath.Join(dir, "releases", "sites", testSite().ID, "current")
}

// TestKilledPublisher kills a process that makes one release after the other,
// at any moment: what is current is always one release, whole.
func TestKilledPublisher(t *testing.T) {
	if dir := os.Getenv("ZHENGSHU_TEST_PUBLISH_FOREVER"); dir != "" {
		s, err := CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
		for n := 0; err == nil; n++ {
			_, err = s.Make(t.Context(), testSite(), numbered(int(time.Now().UnixNano())), time.Now())
		}
		t.Fatal(err)
	}
	dir := t.TempDir()
	seen := map[string]bool{}
	for i := range 12 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledPublisher$")
		cmd.Env = append(os.Environ(), "ZHENGSHU_TEST_PUBLISH_FOREVER="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// On a busy machine the child takes its time to begin: it is killed at
		// some moment after it has switched a release.
		before, _ := os.ReadFile(current(dir))
		for range 400 {
			if now, err := os.ReadFile(current(dir)); err == nil && !bytes.Equal(now, before) {
				break
			}
			time.Sleep(25 * time.Millisecond)
		}
		time.Sleep(time.Duration(37*i%200) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed, as intended
		s, err := CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
		if err != nil {
			t.Fatal(err)
		}
		seen[whole(t, s)] = true
	}
	if len(seen) < 4 {
		t.Errorf("only %d different releases in 12 kills: the child did not get far", len(seen))
	}
}

func TestReadersSeeOneReleaseWhileItSwitches(t *testing.T) {
	dir := t.TempDir()
	s, err := CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Make(t.Context(), testSite(), numbered(0), time.Now()); err != nil {
		t.Fatal(err)
	}
	reader, err := OpenStore(filepath.Join(dir, "releases"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 1; n < 15; n++ {
			if _, err := s.Make(t.Context(), testSite(), numbered(n), time.Now()); err != nil {
				t.Error(err)
			}
		}
	})
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for {
		whole(t, reader)
		select {
		case <-done:
			if got := whole(t, reader); got != "release 14" {
				t.Errorf("at the end %s", got)
			}
			return
		default:
		}
	}
}

func TestTwoProcessesMakeOneKey(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	keys := make([]string, 6)
	for i := range keys {
		wg.Go(func() {
			s, err := CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = string(s.pub)
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] {
			t.Fatal("two keys")
		}
	}
	if st, err := os.Stat(filepath.Join(dir, "keys", "release.key")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v %v", st.Mode(), err)
	}
}

func TestListsOfPaths(t *testing.T) {
	for path, want := range map[string]string{"/": "/", "/map.html": "/", "/news/": "/news/", "/news/page-1.html": "/news/", "/elder/news/": "/elder/", "/media/a/b": "/media/"} {
		if got := (&Manifest{Shape: 1}).listName(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	// A list that is full is parted, and each path is found where it went.
	var pages []Page
	for i := range 20 * fullList {
		pages = append(pages, Page{Path: fmt.Sprintf("/content/202611/%d.html", i), Status: 200})
	}
	lists := map[string][]Page{}
	if !part(lists, "/content/202611/", pages) {
		t.Fatal("a full list was not parted")
	}
	m := &Manifest{Shape: 1, Lists: map[string]string{}}
	s, err := CreateStore(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	e := s.edit("01S", nil, true, time.Now())
	names, err := e.naming()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for name, l := range lists {
		if len(l) > fullList {
			t.Errorf("%s holds %d", name, len(l))
		}
		m.Lists[name] = strings.Repeat("a", 64)
		if err := names.set(name, m.Lists[name]); err != nil {
			t.Fatal(err)
		}
		n += len(l)
	}
	if err := names.close(); err != nil {
		t.Fatal(err)
	}
	if len(names.lists) != 0 || len(names.folders) != 1 {
		t.Errorf("a parted folder is not named by an object of its own: %v %v", names.lists, names.folders)
	}
	r := &Release{Manifest: Manifest{Shape: 1, Lists: names.lists, Folders: names.folders}, store: s}
	if n != len(pages) {
		t.Errorf("%d of %d pages", n, len(pages))
	}
	for name, l := range lists {
		for _, p := range l {
			if got := m.listName(p.Path); got != name {
				t.Fatalf("%s: looked for in %s, stands in %s", p.Path, got, name)
			}
			if got, hash, err := r.listOf(p.Path); err != nil || got != name || hash == "" {
				t.Fatalf("%s: looked for in %s, stands in %s (%v)", p.Path, got, name, err)
			}
		}
	}
	if got := (&Manifest{}).listName("/content/202611/a.html"); len(got) != len("/content/202611/0") {
		t.Errorf("a release of the first shape: %s", got)
	}
	for list, want := range map[string]string{"/content/202611/": "/sitemap-202611.xml", "/content/202611/2": "/sitemap-202611.xml", "/content/202611/2f": "/sitemap-202611-2.xml", "/en/content/202611/2f": "/sitemap-en-202611-2.xml"} {
		if got := mapPath(mapOf(list)); got != want {
			t.Errorf("%s: map %s, want %s", list, got, want)
		}
	}
}

func TestSiteNamesCannotLeaveTheFolder(t *testing.T) {
	s, err := CreateStore(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	bad := testSite()
	for _, id := range []string{"", "..", "../x", "a/b", ".", "a\x00", strings.Repeat("a", 50)} {
		bad.ID = id
		if _, err := s.Make(t.Context(), bad, numbered(1), time.Now()); err == nil {
			t.Errorf("site id %q was taken", id)
		}
	}
	for _, h := range []string{"", "../../etc/passwd", strings.Repeat("g", 64)} {
		if _, err := s.Object(h, 100); err == nil {
			t.Errorf("object %q was read", h)
		}
	}
}

func TestSweepKeepsWhatIsShown(t *testing.T) {
	dir := t.TempDir()
	s, err := CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		if _, err := s.Make(t.Context(), testSite(), numbered(n), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-48 * time.Hour)
	if err := filepath.Walk(filepath.Join(dir, "releases", "objects"), func(p string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(p, old, old)
	}); err != nil {
		t.Fatal(err)
	}
	removed, err := s.Sweep(t.Context(), 2, 24*time.Hour)
	if err != nil || removed < 80 {
		t.Errorf("removed %d (%v)", removed, err)
	}
	if got := whole(t, s); got != "release 4" {
		t.Errorf("after the sweep: %s", got)
	}
	r, err := s.Current("01S")
	if err != nil {
		t.Fatal(err)
	}
	before, err := s.release("01S", r.Before)
	if err != nil {
		t.Fatal(err)
	}
	if err := before.Each(func(p Page) error { _, err := s.Object(p.Hash, MaxObject); return err }); err != nil {
		t.Errorf("the release before: %v", err)
	}
	if again, err := s.Sweep(t.Context(), 2, 24*time.Hour); err != nil || again != 0 {
		t.Errorf("a second sweep removed %d (%v)", again, err)
	}
}

func FuzzList(f *testing.F) {
	f.Add([]byte(`[{"path":"/","status":200,"hash":"` + strings.Repeat("a", 64) + `","size":3}]`))
	f.Add([]byte(`[{"path":"x"}]`))
	f.Add([]byte(`[{"path":"/","size":-1}]`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseList(b)
		if err != nil {
			return
		}
		for path, p := range l {
			if path != p.Path || path[0] != '/' || p.Hash != "" && !isHash(p.Hash) || p.Size < 0 {
				t.Errorf("%q: %+v", path, p)
			}
		}
	})
}

func FuzzPointer(f *testing.F) {
	b, _ := json.Marshal(pointer{Manifest: strings.Repeat("0", 64), Signature: "c2ln"})
	f.Add(b)
	f.Add([]byte(`{}`))
	f.Add(bytes.Repeat([]byte("["), 5000))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := parsePointer(b); err == nil && !isHash(p.Manifest) {
			t.Errorf("took %q", p.Manifest)
		}
	})
}

// A site whose folders are parted is one: found, checked, copied, swept and set
// beside others like a small one, and so is a release that was made before
// folders had objects of their own.
func TestPartedFoldersAreWholeReleases(t *testing.T) {
	dir := t.TempDir()
	s, err := CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	var files []File
	for i := range 3 * fullList {
		files = append(files, File{Page{Path: fmt.Sprintf("/news/%d.html", i), Status: 200, Kind: "text/html"}, fmt.Appendf(nil, "page %d", i)})
	}
	files = append(files, File{Page{Path: "/", Status: 200, Kind: "text/html"}, []byte("home")})
	first, err := s.Make(t.Context(), testSite(), files, time.Now())
	must(err)
	if len(first.Folders) != 1 || len(first.Lists) != 1 || first.Pages != len(files) {
		t.Fatalf("lists %v, folders %v, %d pages", first.Lists, first.Folders, first.Pages)
	}
	// The same as a release of before: every list in the manifest.
	all, err := first.lists()
	must(err)
	old := first.Manifest
	old.Lists, old.Folders, old.No, old.Before = all, nil, 2, first.Hash
	second, err := s.edit("01S", first, false, time.Now()).turn(t.Context(), old)
	must(err)
	if err := differing(first, second, func(was, now *Page) error { t.Errorf("differ in %v, %v", was, now); return nil }); err != nil {
		t.Fatal(err)
	}
	// One page more, upon the old form.
	e := s.edit("01S", second, false, time.Now())
	must(e.put(Page{Path: "/news/more.html", Status: 200, Kind: "text/html"}, []byte("more")))
	before := len(e.staged)
	third, changed, err := e.finish(t.Context(), testSite(), second.Theme, "", "")
	must(err)
	if changed != 1 || before != 1 || len(third.Folders) != 1 || len(third.Lists) != 1 || third.Pages != len(files)+1 {
		t.Errorf("%d changed, lists %v, folders %v, %d pages", changed, third.Lists, third.Folders, third.Pages)
	}
	var differ []string
	must(differing(first, third, func(was, now *Page) error {
		if was == nil {
			differ = append(differ, now.Path)
		} else {
			t.Errorf("%s differs", was.Path)
		}
		return nil
	}))
	if len(differ) != 1 || differ[0] != "/news/more.html" {
		t.Errorf("differ in %v", differ)
	}
	for _, r := range []*Release{first, second, third} {
		n := 0
		must(r.Each(func(Page) error { n++; return nil }))
		p, ok, err := r.Page("/news/777.html")
		if err != nil || !ok || n != r.Pages || !r.whole() {
			t.Errorf("release %d: %d pages of %d, page %+v %v %v", r.No, n, r.Pages, p, ok, err)
		}
		if ours, err := r.Names(r.Lists["/"]); err != nil || !ours {
			t.Errorf("release %d does not name its list: %v", r.No, err)
		}
		if ours, err := r.Names(p.Hash); err != nil || ours {
			t.Errorf("release %d names a page: %v", r.No, err)
		}
	}
	// A folder's object that was changed is found, and restored from copies.
	tree, err := blob.OpenDiskTree(filepath.Join(dir, "copies"))
	must(err)
	s.KeepCopies(tree)
	must(s.Ship(t.Context(), "01S"))
	must(os.WriteFile(s.objectPath(third.Folders["/news/"]), []byte("{}"), 0o644))
	l, err := s.Verify(t.Context(), "01S", 0)
	must(err)
	if l.Pages != third.Pages || len(l.Damage) != 1 || !l.Damage[0].Restored || l.Damage[0].What != Changed {
		t.Errorf("survey %+v", l)
	}
	portal, _, err := Follow(t.Context(), tree, filepath.Join(dir, "portal"), 1<<30, nil)
	must(err)
	taken, err := portal.Current("01S")
	must(err)
	if p, ok, err := taken.Page("/news/more.html"); err != nil || !ok {
		t.Errorf("from the copies: %+v %v %v", p, ok, err)
	} else if b, err := portal.Object(p.Hash, 100); err != nil || string(b) != "more" {
		t.Errorf("from the copies: %q %v", b, err)
	}
	long := time.Now().Add(-time.Hour)
	must(filepath.WalkDir(filepath.Join(s.dir, "objects"), func(name string, d os.DirEntry, err error) error {
		return errors.Join(err, os.Chtimes(name, long, long))
	}))
	if n, err := s.Sweep(t.Context(), 3, time.Minute); err != nil || n != 0 {
		t.Errorf("%d objects of kept releases swept (%v)", n, err)
	}
	if n, err := s.Sweep(t.Context(), 1, time.Minute); err != nil || n == 0 {
		t.Errorf("%d objects of releases that are not kept swept (%v)", n, err)
	}
	if l, err = s.Verify(t.Context(), "01S", 0); err != nil || len(l.Damage) != 0 {
		t.Errorf("after the sweep: %+v %v", l, err)
	}
}

// What a process that died left half under a name is not taken for the object.
func TestHalfWrittenObjectIsWrittenAnew(t *testing.T) {
	s, err := CreateStore(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	body := []byte("the whole page")
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if err := os.MkdirAll(filepath.Dir(s.objectPath(hash)), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"the wh", "", strings.Repeat("\x00", len(body)), string(body)} {
		if err := os.WriteFile(s.objectPath(hash), []byte(left), 0o644); err != nil {
			t.Fatal(err)
		}
		e := s.edit("01S", nil, true, time.Now())
		if err := e.put(Page{Path: "/", Status: 200}, body); err != nil {
			t.Fatal(err)
		}
		if b, err := s.Object(hash, 100); err != nil || string(b) != string(body) {
			t.Errorf("left %q: %q %v", left, b, err)
		}
	}
}
