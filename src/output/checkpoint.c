/*
  A checkpoint file: a header, then records of one size: item (int64), the caller's bytes, checksum. The
  checksum also covers the header's checksum and the record's number, so a record of another file or at
  another place does not pass.
*/
#include "output/folder.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGEST_SIZE = 128, VERSION = 1, BYTE_ORDER_MARK = 0x01020304 };

typedef struct {
  char magic[8];
  uint32_t version, byte_order;
  uint64_t record_size;
  char digest[DIGEST_SIZE];
  uint32_t reserved, checksum; /* of all before it */
} Header;

struct _p_Checkpoint {
  RunFolder folder; /* borrowed */
  char name[NAME_MAX + 1];
  int fd;
  uint32_t seed; /* the header's checksum */
  size_t record_size, stride;
  PetscInt count;
  unsigned char *buffer; /* one record with item and checksum */
  double synced;         /* when, monotonic seconds */
};

static PetscErrorCode make_header(const char digest[], size_t record_size, Header *header)
{
  PetscFunctionBegin;
  memset(header, 0, sizeof *header);
  memcpy(header->magic, "reiterck", 8);
  header->version = VERSION;
  header->byte_order = BYTE_ORDER_MARK;
  header->record_size = record_size;
  PetscCheck(strlen(digest) < DIGEST_SIZE, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "the digest is too long");
  memcpy(header->digest, digest, strlen(digest));
  header->checksum = Checksum(0, header, offsetof(Header, checksum));
  PetscFunctionReturn(0);
}

/* All of length at offset, through interruptions; less at the end of the file. */
static ssize_t read_at(int fd, void *data, size_t length, off_t offset)
{
  size_t done = 0;

  while (done < length) {
    const ssize_t got = pread(fd, (char *)data + done, length - done, offset + (off_t)done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += (size_t)got;
  }
  return (ssize_t)done;
}

static PetscBool write_at(int fd, const void *data, size_t length, off_t offset)
{
  size_t done = 0;

  while (done < length) {
    const ssize_t put = pwrite(fd, (const char *)data + done, length - done, offset + (off_t)done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return PETSC_FALSE;
    done += (size_t)put;
  }
  return PETSC_TRUE;
}

static off_t record_offset(Checkpoint checkpoint, PetscInt which)
{
  return (off_t)sizeof(Header) + (off_t)which * (off_t)checkpoint->stride;
}

static uint32_t record_checksum(Checkpoint checkpoint, PetscInt which)
{
  const int64_t number = which;

  return Checksum(Checksum(checkpoint->seed, &number, sizeof number), checkpoint->buffer,
                  checkpoint->stride - sizeof(uint32_t));
}

/* Reads record `which` into the buffer; false if it is cut off or damaged. */
static PetscBool load_record(Checkpoint checkpoint, PetscInt which)
{
  uint32_t stored;

  if (read_at(checkpoint->fd, checkpoint->buffer, checkpoint->stride, record_offset(checkpoint, which)) !=
      (ssize_t)checkpoint->stride)
    return PETSC_FALSE;
  memcpy(&stored, checkpoint->buffer + checkpoint->stride - sizeof stored, sizeof stored);
  return (PetscBool)(stored == record_checksum(checkpoint, which));
}

/* Why an existing file cannot be continued, or NULL. */
static const char *find_fault(const Header *found, ssize_t length, const Header *wanted)
{
  if (length != (ssize_t)sizeof *found || memcmp(found->magic, wanted->magic, sizeof found->magic))
    return "is not a checkpoint";
  if (found->byte_order != wanted->byte_order) return "comes from a machine of another byte order";
  if (found->checksum != Checksum(0, found, offsetof(Header, checksum))) return "has a damaged header";
  if (found->version != wanted->version) return "was written by another version of reiter";
  if (memcmp(found->digest, wanted->digest, sizeof found->digest)) return "belongs to another case";
  if (found->record_size != wanted->record_size) return "holds records of another size";
  return NULL;
}

/* Opens what is there, counts its good records and cuts off the rest. *fd stays -1 if there is nothing to
   continue. */
static PetscErrorCode open_existing(Checkpoint checkpoint, const Header *wanted)
{
  RunFolder folder = checkpoint->folder;
  Header found;
  struct stat status;
  const char *fault;

  PetscFunctionBegin;
  checkpoint->fd = openat(folder->fd, checkpoint->name, O_RDWR | O_CLOEXEC);
  if (checkpoint->fd < 0 && errno == ENOENT) PetscFunctionReturn(0);
  fault = checkpoint->fd < 0 ? strerror(errno)
                             : find_fault(&found, read_at(checkpoint->fd, &found, sizeof found, 0), wanted);
  if (fault) {
    PetscCall(RunFolderLog(folder, "warning: the checkpoint %s cannot be used, the work begins afresh: it %s",
                           checkpoint->name, fault));
    if (checkpoint->fd >= 0) close(checkpoint->fd);
    checkpoint->fd = -1;
    PetscFunctionReturn(0);
  }
  while (load_record(checkpoint, checkpoint->count)) checkpoint->count++;
  PetscCheck(!fstat(checkpoint->fd, &status), PETSC_COMM_SELF, PETSC_ERR_FILE_READ, "cannot read %s: %s",
             checkpoint->name, strerror(errno));
  if (status.st_size > record_offset(checkpoint, checkpoint->count)) {
    PetscCall(RunFolderLog(folder,
                           "warning: the end of the checkpoint %s is damaged; the first %" PetscInt_FMT
                           " records are kept",
                           checkpoint->name, checkpoint->count));
    PetscCheck(!ftruncate(checkpoint->fd, record_offset(checkpoint, checkpoint->count)), PETSC_COMM_SELF,
               PETSC_ERR_FILE_WRITE, "cannot shorten %s: %s", checkpoint->name, strerror(errno));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode create_new(Checkpoint checkpoint, const Header *header)
{
  RunFolder folder = checkpoint->folder;
  char temporary[NAME_MAX + 1];

  PetscFunctionBegin;
  PetscCall(FolderTemporaryName(checkpoint->name, temporary, sizeof temporary));
  checkpoint->fd = openat(folder->fd, temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  PetscCheck(checkpoint->fd >= 0 && write_at(checkpoint->fd, header, sizeof *header, 0), PETSC_COMM_SELF,
             PETSC_ERR_FILE_WRITE, "cannot write %s into %s: %s", checkpoint->name, folder->directory,
             strerror(errno));
  PetscCall(FolderPublish(folder, checkpoint->name));
  PetscFunctionReturn(0);
}

PetscErrorCode CheckpointOpen(RunFolder folder, const char name[], const char digest[], size_t record_size,
                              PetscBool resume, Checkpoint *checkpoint)
{
  Checkpoint c;
  Header header;

  PetscFunctionBegin;
  PetscCall(make_header(digest, record_size, &header));
  PetscCall(PetscNew(&c));
  c->folder = folder;
  PetscCall(PetscStrncpy(c->name, name, sizeof c->name));
  c->fd = -1;
  c->seed = header.checksum;
  c->record_size = record_size;
  c->stride = sizeof(int64_t) + record_size + sizeof(uint32_t);
  PetscCall(PetscMalloc1(c->stride, &c->buffer));
  if (resume) PetscCall(open_existing(c, &header));
  if (c->fd < 0) PetscCall(create_new(c, &header));
  c->synced = MonotonicSeconds();
  *checkpoint = c;
  PetscFunctionReturn(0);
}

PetscErrorCode CheckpointGetCount(Checkpoint checkpoint, PetscInt *n)
{
  PetscFunctionBegin;
  *n = checkpoint->count;
  PetscFunctionReturn(0);
}

PetscErrorCode CheckpointRead(Checkpoint checkpoint, PetscInt which, PetscInt *item, void *record)
{
  int64_t number;

  PetscFunctionBegin;
  PetscCheck(which >= 0 && which < checkpoint->count, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%s has no record %" PetscInt_FMT, checkpoint->name, which);
  PetscCheck(load_record(checkpoint, which), PETSC_COMM_SELF, PETSC_ERR_FILE_READ,
             "record %" PetscInt_FMT " of %s was damaged while the run used it", which, checkpoint->name);
  memcpy(&number, checkpoint->buffer, sizeof number);
  *item = (PetscInt)number;
  memcpy(record, checkpoint->buffer + sizeof number, checkpoint->record_size);
  PetscFunctionReturn(0);
}

/* Written at once, which survives a kill; synced once a second, which bounds what a power cut can take. */
PetscErrorCode CheckpointAppend(Checkpoint checkpoint, PetscInt item, const void *record)
{
  const int64_t number = item;
  uint32_t checksum;

  PetscFunctionBegin;
  memcpy(checkpoint->buffer, &number, sizeof number);
  memcpy(checkpoint->buffer + sizeof number, record, checkpoint->record_size);
  checksum = record_checksum(checkpoint, checkpoint->count);
  memcpy(checkpoint->buffer + checkpoint->stride - sizeof checksum, &checksum, sizeof checksum);
  PetscCheck(write_at(checkpoint->fd, checkpoint->buffer, checkpoint->stride,
                      record_offset(checkpoint, checkpoint->count)),
             PETSC_COMM_SELF, PETSC_ERR_FILE_WRITE, "cannot write %s into %s: %s", checkpoint->name,
             checkpoint->folder->directory, strerror(errno));
  checkpoint->count++;
  if (MonotonicSeconds() - checkpoint->synced > 1.0) {
    (void)fdatasync(checkpoint->fd);
    checkpoint->synced = MonotonicSeconds();
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CheckpointClose(Checkpoint *checkpoint, PetscBool remove_file)
{
  PetscFunctionBegin;
  if (!*checkpoint) PetscFunctionReturn(0);
  if (remove_file)
    PetscCall(RunFolderRemove((*checkpoint)->folder, (*checkpoint)->name));
  else
    (void)fsync((*checkpoint)->fd);
  close((*checkpoint)->fd);
  PetscCall(PetscFree((*checkpoint)->buffer));
  PetscCall(PetscFree(*checkpoint));
  PetscFunctionReturn(0);
}
