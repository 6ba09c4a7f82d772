"""Runs that are killed, interrupted, torn and resumed. Arguments: program, mpiexec, its flag for -n."""
import glob
import os
import resource
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from program import Outcome, ProgramTest, case_of, environment, unittest, wait_until

MPIEXEC, FLAG = sys.argv.pop(1), sys.argv.pop(1)
CHECKPOINT = "effective.checkpoint"
# Two coupled scales on a grid of points: some seconds of work in many small pieces.
SLOW = case_of(2, 0.25, "(1+0.5*sin(2*pi*x1)+(0.2+0.01*x)*cos(2*pi*x1))*(cos(2*pi*x2)+cos(2*pi*y2))"
               "+0.8*cos(2*pi*(x2-y2))*cos(2*pi*y1)+0.2*sin(2*pi*(y1-x2))+(0.7+0.1*x*y)*cos(2*pi*x1)*cos(2*pi*y1)",
               macro="x^2+y^2", tolerance=1e-6)
SLOW["effective"] = {"grid": {"box": [[-1, 1], [0, 1]], "cells": [5, 4]}}
# One point that takes minutes: a full tensor in every point of a slow cell in three dimensions.
LONG = case_of(3, 0.4, "cos(2*pi*(x1-y1))*(1+0.5*cos(2*pi*z1))+(1+0.4*cos(2*pi*(x1+z1)))*cos(2*pi*(x2-y2))"
               "+0.7*cos(2*pi*y1)*cos(2*pi*(y2+z2))", tolerance=1e-8)
# One cell that takes minutes.
BIG = case_of(3, 0.15, "cos(2*pi*x1)+cos(2*pi*y1)+cos(2*pi*z1)+0.8*cos(2*pi*(x1-y1))+0.6*sin(2*pi*(y1+z1))",
              tolerance=1e-9, method="fem")


def children(pid):
    """Process numbers of the children of pid."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8") as stream:
                number, rest = stream.read().split(" ", 1)
        except OSError:
            continue
        if int(rest.rsplit(")", 1)[1].split()[1]) == pid:
            found.append(int(number))
    return found


def seconds_of(pid):
    """Processor time that a living process has used."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stream:
        fields = stream.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def seconds_of_ended():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def contents(folder):
    """{name: bytes} of all files."""
    files = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as stream:
            files[name] = stream.read()
    return files


class Restart(ProgramTest):
    def start(self, case, *flags, folder=None, launcher=None):
        """A run in a process group of its own, which is killed at the end of the test whatever happens."""
        words, folder = self.command(case, *flags, folder=folder, launcher=launcher)
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=environment(), cwd=self.directory, start_new_session=True)
        self.addCleanup(self.end, process)
        return process, folder

    @staticmethod
    def end(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.stderr.close()
        process.wait()

    def size(self, folder):
        try:
            return os.path.getsize(os.path.join(folder, CHECKPOINT))
        except OSError:
            return 0

    def until_points(self, process, folder, count=3):
        """Waits until some points are in the checkpoint; its size without any is that of its header."""
        self.assertTrue(wait_until(lambda: self.size(folder) > 0 or process.poll() is not None, 60))
        header = self.size(folder)
        self.assertTrue(wait_until(lambda: self.size(folder) >= header + 600 * count or process.poll() is not None, 60))
        self.assertIsNone(process.poll(), "the run ended before it could be stopped")

    def finish(self, process, folder, seconds=30):
        out, err = process.communicate(timeout=seconds)
        outcome = Outcome(process, folder)
        outcome.out, outcome.err = out, err
        return outcome

    def interrupt(self, case, number, folder=None, count=3, launcher=None):
        """Starts the case, waits for `count` points (0: for the log), sends the signal: (outcome, seconds).

        Seconds of the processor, which other programs on the machine do not lengthen."""
        ended = seconds_of_ended()
        process, folder = self.start(case, folder=folder, launcher=launcher)
        if count:
            self.until_points(process, folder, count)
        else:
            self.assertTrue(wait_until(lambda: self.size(folder) > 0, 60))
            time.sleep(1)
            self.assertIsNone(process.poll())
        began = seconds_of(process.pid)
        os.kill(process.pid, number)
        outcome = self.finish(process, folder, 60)
        return outcome, seconds_of_ended() - ended - began

    def bytes_of_checkpoint(self, folder):
        with open(os.path.join(folder, CHECKPOINT), "rb") as stream:
            return stream.read()

    def assert_resumes(self, case, folder, reference, **options):
        """--resume keeps what is there and arrives at the bits of the uninterrupted run."""
        before = self.bytes_of_checkpoint(folder)
        outcome = self.run_case(case, "--resume", folder=folder, **options)
        self.assertEqual(outcome.json["status"], "ok")
        self.assertEqual(outcome.points, reference["points"])
        self.assertEqual(outcome.read("effective.csv"), reference["table"])
        self.assertEqual(self.bytes_of_checkpoint(folder)[:len(before)], before, "finished points are kept")
        self.assertEqual([name for name in os.listdir(folder) if name.startswith(".")], [])
        return outcome

    known = {}

    def reference(self):
        """Points and table of the uninterrupted run, computed once for all tests."""
        if not self.known:
            outcome = self.run_case(SLOW)
            self.known.update(points=outcome.points, table=outcome.read("effective.csv"))
        return self.known


class Killed(Restart):
    def test_kill(self):
        """kill -9: whole files only, and the rest is computed."""
        case = self.write(SLOW)
        process, folder = self.start(case)
        self.until_points(process, folder)
        process.kill()
        self.finish(process, folder)
        self.assertFalse(os.path.exists(os.path.join(folder, "run.json")))
        self.assertTrue(os.path.exists(os.path.join(folder, "resolved.yaml")))
        self.assert_resumes(case, folder, self.reference())

    def test_kill_of_ranks(self):
        """The same under mpiexec, every process of it; resumed by one process."""
        case = self.write(SLOW)
        process, folder = self.start(case, launcher=[MPIEXEC, FLAG, "2"])
        self.until_points(process, folder)
        os.killpg(process.pid, signal.SIGKILL)
        self.finish(process, folder)
        self.assert_resumes(case, folder, self.reference())

    def test_killed_twice(self):
        case = self.write(SLOW)
        for flags, count in ((), 2), (("--resume",), 3):
            process, folder = self.start(case, *flags, folder=self.path("run"))
            self.until_points(process, folder, count)
            process.kill()
            self.finish(process, folder)
        self.assert_resumes(case, folder, self.reference())


class Interrupted(Restart):
    def check(self, number, launcher=None):
        case = self.write(SLOW)
        outcome, seconds = self.interrupt(case, number, launcher=launcher)
        self.assertEqual(outcome.code, 130, outcome.err)
        self.assertLess(seconds, 5)
        self.assertIn("--resume", outcome.out + outcome.err)
        self.assertEqual(outcome.json["status"], "interrupted")
        done = len(outcome.points)
        reference = self.reference()
        self.assertTrue(0 < done < len(reference["points"]))
        by_place = {tuple(point["x"]): point for point in reference["points"]}
        self.assertEqual([by_place[tuple(point["x"])] for point in outcome.points], outcome.points)
        self.assert_resumes(case, outcome.folder, reference)

    def test_sigint(self):
        self.check(signal.SIGINT)

    def test_sigterm(self):
        self.check(signal.SIGTERM)

    def test_one_long_point(self):
        """In the middle of a point: within seconds, nothing of it kept."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                outcome, seconds = self.interrupt(LONG, number, count=0)
                self.assertEqual(outcome.code, 130, outcome.err)
                self.assertLess(seconds, 5)
                self.assertEqual(outcome.points, [])
                self.assertIn("--resume", outcome.out + outcome.err)

    def test_one_long_cell(self):
        """In the middle of a cell problem, too."""
        outcome, seconds = self.interrupt(BIG, signal.SIGINT, count=0)
        self.assertEqual(outcome.code, 130, outcome.err)
        self.assertLess(seconds, 5)

    def test_at_a_terminal(self):
        """Somebody who presses Ctrl-C is told that it was heard; a second one would end the program at once."""
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        words, folder = self.command(LONG)
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=theirs, env=environment(),
                                   cwd=self.directory, start_new_session=True)
        os.close(theirs)
        try:
            self.assertTrue(wait_until(lambda: self.size(folder) > 0, 60))
            os.kill(process.pid, signal.SIGINT)
            said = os.read(ours, 4096).decode()
            while "at once" not in said:
                said += os.read(ours, 4096).decode()  # fails at the end
            self.assertEqual(process.wait(60), 130)
        finally:
            process.kill()
            process.wait()

    def ranks_of(self, process):
        """The processes of the run that mpiexec started."""
        found = []
        for pid in children(process.pid):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as stream:
                    if b"--output" in stream.read():
                        found.append(pid)
            except OSError:
                pass
        return sorted(found)

    def test_ranks(self):
        """The signal to every rank, as a queueing system sends it."""
        for name, case, count in (("points", SLOW, 3), ("one point", LONG, 0)):
            with self.subTest(name):
                process, folder = self.start(case, launcher=[MPIEXEC, FLAG, "2"])
                if count:
                    self.until_points(process, folder, count)
                else:
                    self.assertTrue(wait_until(lambda: self.size(folder) > 0, 60))
                    time.sleep(2)
                ranks = self.ranks_of(process)
                self.assertEqual(len(ranks), 2)
                for pid in ranks:
                    os.kill(pid, signal.SIGTERM)
                outcome = self.finish(process, folder)
                self.assertEqual(outcome.code, 130, outcome.err)
                self.assertEqual(outcome.json["status"], "interrupted")
                if count:
                    self.assert_resumes(self.write(case), folder, self.reference())

    def test_one_rank_of_one_point(self):
        """A signal that reaches one rank only stops the point on all of them."""
        for which in (0, 1):
            with self.subTest(rank=which):
                process, folder = self.start(LONG, launcher=[MPIEXEC, FLAG, "2"])
                self.assertTrue(wait_until(lambda: self.size(folder) > 0, 60))
                time.sleep(2)
                os.kill(self.ranks_of(process)[which], signal.SIGINT)
                outcome = self.finish(process, folder)
                self.assertEqual(outcome.code, 130, outcome.err)
                self.assertEqual(outcome.json["status"], "interrupted")

    def test_mpiexec(self):
        """Ctrl-C to mpiexec: it passes SIGTERM on and waits a moment; what was computed is kept."""
        case = self.write(SLOW)
        outcome, _ = self.interrupt(case, signal.SIGINT, launcher=[MPIEXEC, FLAG, "2"])
        self.assertNotEqual(outcome.code, 0)
        self.assert_resumes(case, outcome.folder, self.reference())


class Torn(Restart):
    def tear(self, change):
        """A finished run whose checkpoint is changed and whose results are gone: (case, folder)."""
        case = self.write(SLOW)
        folder = self.path("torn")
        process, _ = self.start(case, folder=folder)
        self.until_points(process, folder, 6)
        process.kill()
        self.finish(process, folder)
        path = os.path.join(folder, CHECKPOINT)
        data = change(self.bytes_of_checkpoint(folder))
        with open(path, "wb") as stream:
            stream.write(data)
        return case, folder

    def check(self, change, kept):
        """kept: bytes at the beginning that must survive."""
        case, folder = self.tear(change)
        before = self.bytes_of_checkpoint(folder)[:kept]
        reference = self.reference()
        outcome = self.run_case(case, "--resume", folder=folder)
        self.assertEqual(outcome.points, reference["points"])
        self.assertEqual(self.bytes_of_checkpoint(folder)[:kept], before)
        return outcome

    def test_cut(self):
        self.check(lambda data: data[:-7], 2000)

    def test_garbage_at_the_end(self):
        self.check(lambda data: data + b"\0\1\2\3" * 100, 3000)

    def test_bit_in_the_middle(self):
        flip = lambda data: data[:2500] + bytes([data[2500] ^ 4]) + data[2501:]
        outcome = self.check(flip, 800)
        self.assertIn("damaged", outcome.log)

    def test_empty(self):
        outcome = self.check(lambda data: b"", 0)
        self.assertIn("cannot be used", outcome.log)

    def test_header(self):
        outcome = self.check(lambda data: b"X" + data[1:], 0)
        self.assertIn("cannot be used", outcome.log)


class Finished(Restart):
    def test_nothing_is_computed_again(self):
        case = self.write(SLOW)
        first = self.run_case(case)
        points, table, kept = first.points, first.read("effective.csv"), self.bytes_of_checkpoint(first.folder)
        took = first.json["effective"]["cells"]["seconds"]
        again = self.run_case(case, "--resume", folder=first.folder)
        self.assertEqual(again.points, points)
        self.assertEqual(again.read("effective.csv"), table)
        self.assertEqual(self.bytes_of_checkpoint(first.folder), kept)
        self.assertLess(again.json["effective"]["cells"]["seconds"], 0.2 * took)

    def test_without_resume_everything_is_computed_again(self):
        case = self.write(case_of(1, 0.5, "x*cos(2*pi*x1)", points=[[1.0], [2.0]]))
        first = self.run_case(case)
        size = self.size(first.folder)
        self.assertEqual(self.run_case(case, folder=first.folder).points, first.points)
        self.assertEqual(self.size(first.folder), size)

    def test_another_case_is_refused(self):
        case = case_of(1, 0.5, "cos(2*pi*x1)")
        folder = self.run_case(case).folder
        before = contents(folder)
        for changed in (case_of(1, 0.6, "cos(2*pi*x1)"), case_of(1, 0.5, "sin(2*pi*x1)"),
                        case_of(1, 0.5, "cos(2*pi*x1)", points=[[1.0]]), case_of(1, 0.5, "cos(2*pi*x1)", tolerance=1e-6),
                        case_of(1, 0.5, "cos(2*pi*x1)", macro="x^2")):
            for flags in (["--resume"], []):
                outcome = self.run_case(changed, *flags, folder=folder, code=2)
                self.assertIn("--overwrite", outcome.err)
        self.assertEqual(contents(folder), before)
        replaced = self.run_case(case_of(1, 0.6, "cos(2*pi*x1)"), "--overwrite", folder=folder)
        self.assertNotIn(b"temperature: 0.5", replaced.read("resolved.yaml"))
        self.assertEqual(len(replaced.points), 1)

    def test_a_new_title_is_the_same_case(self):
        case = case_of(1, 0.5, "cos(2*pi*x1)")
        first = self.run_case(case)
        points = first.points
        again = self.run_case({"title": "new", **case}, "--resume", folder=first.folder)
        self.assertEqual(again.points, points)
        self.assertEqual(again.json["title"], "new")

    def test_failed_points_are_tried_again(self):
        """Points without a result are not kept: with more work allowed they may have one."""
        case = case_of(2, 0.5, "8*x*cos(2*pi*x1)*cos(2*pi*y1)", points=[[0.0, 0], [1.0, 0]], max_unknowns=400)
        failed = self.run_case(case, code=3)
        again = self.run_case(case, "--resume", folder=failed.folder, code=3)
        self.assertEqual(len(again.json["effective"]["failures"]), 1)
        self.assertEqual(len(again.points), 1)

    def test_two_runs_in_one_folder(self):
        """The second is refused while the first is at work."""
        case = self.write(LONG)
        process, folder = self.start(case)
        self.assertTrue(wait_until(lambda: self.size(folder) > 0, 60))
        outcome = self.run_case(case, "--resume", folder=folder, code=2)
        self.assertIn("another run", outcome.err)
        self.assertIsNone(process.poll())


if __name__ == "__main__":
    unittest.main()
