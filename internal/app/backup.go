package app

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/health"
	"zhengshu/migrations"
)

// backupManifest is the last file of a backup: what it should hold.
type backupManifest struct {
	Version string            `json:"version"`
	Made    time.Time         `json:"made"`
	Head    audit.Head        `json:"audit_head"`
	Files   map[string]string `json:"files"` // name → sha256
}

const manifestName = "MANIFEST.json"

// Backup writes a consistent copy of the database and of every blob to file,
// while the house serves; the keys and the probes' raw log stay out. The file
// appears whole or not at all. It holds an embedded database whatever the house
// stands on, so it can be read and verified without a server.
func (h *House) Backup(ctx context.Context, file string) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".backup-*")
	if err != nil {
		return fault.Newf(fault.Invalid, "备份文件 %s 所在目录不能写入。", file).From(err)
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	if err := h.writeBackup(ctx, tmp); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), file); err != nil {
		return err
	}
	return h.DB.Update(audit.System(ctx, "backup"), func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO setting (name, value, changed_at) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`, health.BackupSetting, tx.Now().Format(time.RFC3339), tx.Now()); err != nil {
			return err
		}
		return audit.Record(audit.System(ctx, "backup"), tx, audit.Entry{Act: "app.backup", Target: audit.Target{Kind: "setting", ID: health.BackupSetting, Name: "备份"}, After: filepath.Base(file)})
	})
}

func (h *House) writeBackup(ctx context.Context, w io.Writer) error {
	dir, err := os.MkdirTemp(h.Config.Dir, ".backup-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	snapshot := filepath.Join(dir, "zhengshu.db")
	m := backupManifest{Version: h.Config.Version, Made: h.DB.Now(), Files: map[string]string{}}
	// The head first: the trail in the snapshot may have grown past it, but not
	// fallen short of it.
	if m.Head, err = audit.ReadHead(h.headFile()); err != nil {
		return err
	}
	if err := h.DB.Snapshot(ctx, snapshot, migrations.Files); err != nil {
		return fmt.Errorf("app: snapshot: %w", err)
	}
	gz := gzip.NewWriter(w)
	tw := tar.NewWriter(gz)
	f, err := os.Open(snapshot)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := addFile(tw, &m, "zhengshu.db", info.Size(), f); err != nil {
		return err
	}
	err = h.Blobs.Walk(ctx, func(ref blob.Ref, size int64) error {
		r, err := h.Blobs.Open(ctx, ref)
		if err != nil {
			return err
		}
		defer r.Close()
		return addFile(tw, &m, "blobs/"+ref.Hash(), size, r)
	})
	if err != nil {
		return fmt.Errorf("app: back up blobs: %w", err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := tw.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(text)), ModTime: m.Made}); err != nil {
		return err
	}
	if _, err := tw.Write(text); err != nil {
		return err
	}
	return errors.Join(tw.Close(), gz.Close())
}

func addFile(tw *tar.Writer, m *backupManifest, name string, size int64, r io.Reader) error {
	if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: m.Made}); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(tw, sum), r); err != nil {
		return err
	}
	m.Files[name] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// Restore unpacks a backup into an empty folder and verifies every file and
// the audit trail. On any fault the folder is left empty.
func Restore(ctx context.Context, file, dir string) (err error) {
	if err := emptyDir(dir); err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return fault.Newf(fault.Invalid, "备份文件 %s 打不开，请核对路径。", file).From(err)
	}
	defer f.Close()
	defer func() {
		if err != nil {
			err = errors.Join(err, clearDir(dir))
		}
	}()
	m, sums, err := unpack(f, dir)
	if err != nil {
		return fault.Newf(fault.Invalid, "备份文件 %s 不完整或已损坏，没有恢复任何内容。", file).From(err)
	}
	for name, want := range m.Files {
		if sums[name] != want {
			return fault.Newf(fault.Invalid, "备份中的 %s 与清单不符，没有恢复任何内容。", name)
		}
	}
	d, err := db.Open(ctx, db.Config{Dir: dir})
	if err != nil {
		return err
	}
	// What was made just before the backup was still without its link, and stays so
	// until the house is opened.
	rep, err := audit.Verify(ctx, d, m.Head, m.Made.Add(-audit.Grace))
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	if len(rep.Damage) > 0 {
		return fault.Newf(fault.Invalid, "备份中的审计记录有 %d 处损坏，第一处：%s", len(rep.Damage), rep.Damage[0].Says)
	}
	head, err := json.Marshal(m.Head)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "audit.head"), append(head, '\n'), 0o600)
}

// maxRestored bounds what one backup may unpack to.
const maxRestored = 1 << 40

func unpack(r io.Reader, dir string) (backupManifest, map[string]string, error) {
	var m backupManifest
	sums := map[string]string{}
	gz, err := gzip.NewReader(r)
	if err != nil {
		return m, nil, err
	}
	tr := tar.NewReader(io.LimitReader(gz, maxRestored))
	found := false
	for {
		head, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return m, nil, err
		}
		if head.Name == manifestName {
			if err := json.NewDecoder(io.LimitReader(tr, 1<<30)).Decode(&m); err != nil {
				return m, nil, err
			}
			found = true
			continue
		}
		target, err := backupPath(dir, head.Name)
		if err != nil {
			return m, nil, err
		}
		if sums[head.Name], err = writeRestored(target, tr); err != nil {
			return m, nil, err
		}
	}
	if !found {
		return m, nil, errors.New("the manifest is missing: the file was cut short")
	}
	return m, sums, nil
}

// backupPath is where a member of the backup goes; any other name is refused.
func backupPath(dir, name string) (string, error) {
	if name == "zhengshu.db" {
		return filepath.Join(dir, name), nil
	}
	if hash, ok := strings.CutPrefix(name, "blobs/"); ok {
		ref, err := blob.ParseRef("sha256:" + hash)
		if err == nil {
			return blob.Path(filepath.Join(dir, "blobs"), ref), nil
		}
	}
	return "", fmt.Errorf("unexpected member %q", name)
}

func writeRestored(target string, r io.Reader) (string, error) {
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return "", err
	}
	f, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), r)
	return hex.EncodeToString(sum.Sum(nil)), errors.Join(err, f.Sync(), f.Close())
}

func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fault.Newf(fault.Refused, "目录 %s 不是空的，恢复只写入空目录，请另选一个。", dir)
	}
	return nil
}

func clearDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
