/* LAMMPS logs and dumps, and .xvg of GROMACS. */
#include "series_fixture.h"

static const char *const force[] = {"v_fx", "Temp"}, *const position[] = {"x", "y"};

static const char head[] = "LAMMPS (2 Aug 2023)\nunits lj\ntimestep ${dt}\ntimestep 0.005\nrun 20\n";
static const char memory[] = "Per MPI rank memory allocation (min/avg/max) = 3.1 | 3.1 | 3.1 Mbytes\n";
static const char end[] =
    "Loop time of 9.8e-05 on 1 procs for 20 steps with 32 atoms\n\nPerformance: 7 tau/day\n"
    "Pair    | 3.0162e-05 | 3.0162e-05 | 3.0162e-05 |   0.0 | 30.63\n"
    "Step by step, nothing happens here\n";

static const char *joined(int n, const char *const parts[])
{
  static char text[20000];

  text[0] = 0;
  for (int i = 0; i < n; i++) strcat(text, parts[i]);
  return text;
}

#define LOG(...) joined(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static const SeriesSettings of_log = {.n = 2, .columns = force, .section = "here"};

/* Several runs: rows that are written twice, rows between the others, warnings, statistics, another style before. */
static void reads_logs(void **state)
{
  const char *const path = text_file(
      "log.txt",
      LOG(head, memory, "Step Temp Press\n 0 1 1\n 10 1 1\n 20 1 1\n", end, memory,
          "   Step          Temp           v_fx     \n        20   1.5            -7\n"
          "WARNING: Dihedral problem 1 2 3 (src/x.cpp:1)\n        40   1.6            -8e0\n",
          "SHAKE stats (type/ave/delta) on step 60\n  4 1 1.3e-06 7\n  31 104.52\nBond:   4  0.957 1e-6 9\n",
          "        60   1.7            -9\n        70   9   9\n", end, "run 100\n", memory,
          "Step Temp v_fx\n 70 9 9\n 80 1.8 -10\n 100 1.9 -11\n", end, memory,
          "Step Temp v_fx\n 100 1.9 -11\n 120 2 -12\nERROR: Lost atoms: original 32 current 31\n"));
  Told *t = read_well(path, &of_log, 6);

  (void)state;
  assert_string_equal(t->format, "lammps_log");
  assert_true(fabs(t->dt - 0.1) < 1e-15);
  assert_int_equal(t->paths, 1);
  for (int i = 0; i < 6; i++) assert_true(t->x[0][i] == -7 - i && fabs(t->x[1][i] - 1.5 - 0.1 * i) < 1e-12);
  expect_warning(t, "a run is left out: line 7 names no column v_fx, but Step, Temp, Press");
  expect_warning(t, "line 26: the last row of a run, at step 70, lies between the others and is left out");
  expect_warning(t, "the run ended with ERROR: Lost atoms");
  forget(t);
  /* What is said goes before what the log says. */
  const SeriesSettings said = {.n = 2, .columns = force, .timestep = 0.5};
  t = read_well(path, &said, 6);
  assert_true(t->dt == 10);
  forget(t);
}

static void reads_times_of_logs(void **state)
{
  static const SeriesSettings plain = {.n = 1, .columns = force},
                              given = {.n = 1, .columns = force, .dt = 0.25};
  Told *t;

  (void)state;
  /* The column Time; names that do not begin with Step. */
  t = read_well(text_file("a.log", LOG(head, memory, "Time v_fx\n0 1\n0.3 2\n0.6 3\n", end, memory,
                                       "Time v_fx\n0.6 3\n0.9 4\n", end)),
                &plain, 4);
  assert_true(fabs(t->dt - 0.3) < 1e-15 && t->x[0][3] == 4);
  forget(t);
  /* What the set-up says. */
  t = read_well(packed_file("log.lammps.gz",
                            LOG("Setting up Verlet run ...\n  Unit style    : lj\n  Time step     : 0.002\n",
                                memory, "Step v_fx\n0 1\n5 2\n", end),
                            0),
                &plain, 2);
  assert_true(fabs(t->dt - 0.01) < 1e-15);
  assert_string_equal(t->format, "lammps_log");
  forget(t);
  /* The names without what LAMMPS writes before them, a log that has been cut. */
  t = read_well(text_file("log.lammps.cut", "timestep 2\nStep 4 fails\n Step v_fx\n 0 1\n 5 2\n"), &plain, 2);
  assert_true(t->dt == 10);
  forget(t);
  /* No time at all, but a step that is given: rows that come twice are known by their values. */
  t = read_well(
      text_file("a.log", LOG(memory, "v_fx Temp\n1 2\n3 4\n", end, memory, "v_fx Temp\n3 4\n5 6\n", end)),
      &given, 3);
  assert_true(t->x[0][2] == 5 && t->dt == 0.25);
  forget(t);
}

static void says_what_is_wrong_with_logs(void **state)
{
  const SeriesSettings given = {.n = 2, .columns = force, .dt = 0.25};
  static const struct {
    const char *text, *words;
  } wrong[] = {
      {"Step Temp\n0 1\n1 2\n", "line 7 names no column v_fx, but Step, Temp"},
      {"------------ Step              0 ----- CPU =            0 (sec) -------------\nTotEng = 1\n",
       "line 7 is of thermo_style multi"},
      {"---\nkeywords: ['Step', ]\n", "line 7 is of thermo_modify line yaml"},
      {"Step Temp v_fx\n0 1 2\n10 1 nan\n", "line 9, column v_fx: nan is not a finite number"},
      {"Step Temp v_fx\n0 1 2\n10 1\n", "line 9 has 2 entries, but the header has 3 columns"},
      {"Step Temp v_fx\n0 1 2\n10 1 3\n30 1 2\n", "line 10, column Step: a step of 0.1 from 0.05 to 0.15"},
      {"Step Temp v_fx\n0 1 2\n10 1 3\nLoop time\nPer MPI rank memory allocation\nStep Temp v_fx\n0 1 2\n10 "
       "2 3\n",
       "line 13, column Step: the time does not go forward from 0.05 (line 9) to 0; a simulation"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    expect_refused(text_file("a.log", LOG(head, memory, wrong[i].text)), &of_log, wrong[i].words);
  expect_refused(text_file("a.log", LOG(memory, "Step Temp v_fx\n0 1 2\n10 1 3\n30 1 2\n", end)), &given,
                 "line 5, column Step: from 10 to 30, where every 10 steps a row was expected");
  expect_refused(text_file("a.log", LOG(memory, "Step Temp v_fx\n0 1 2\n10 1 3\n", end)), &of_log,
                 "only one that counts steps, and the time of a step is not known; here.time_step");
  expect_refused(text_file("a.log", LOG(head, "ERROR: Unknown command\n")), &of_log,
                 "there are no rows of thermo output");
}

/* A frame with particle 7 and another one, in any order; place: of particle 7. */
static void add_frame(char *text, const char *before, long step, const char *bounds, const char *names,
                      const char *place)
{
  char *const to = text + strlen(text);

  sprintf(to,
          "%sITEM: TIMESTEP\n%ld\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS %s\n-1 9\n-1 9\n0 1\nITEM: "
          "ATOMS %s\n",
          before, step, bounds, names);
  sprintf(to + strlen(to), step % 20 ? "7 %s\n3 0 0 0 0 0\n" : "3 0 0 0 0 0\n7 %s\n", place);
}

static const char *const places[] = {"8 0 0 0 0", "8.9 1 0 0 0", "-0.8 2 1 0 0", "-0.5 3 1 0 0",
                                     "8.7 4 0 0 0"};
static const double straight[] = {8, 8.9, 9.2, 9.5, 8.7};

static const char *dump_with(const char *before, const char *bounds, const char *names,
                             const char *const what[])
{
  static char text[20000];

  text[0] = 0;
  for (int i = 0; i < 5; i++) add_frame(text, before, 10 * i, bounds, names, what[i]);
  return text;
}

static void expect_dump(const char *text, const SeriesSettings *settings, const double x[],
                        const char *warning)
{
  Told *const t = read_well(text_file("a.dump", text), settings, 5);

  assert_string_equal(t->format, "lammps_dump");
  for (int i = 0; i < 5; i++) {
    if (!(fabs(t->x[0][i] - x[i]) < 1e-12 && fabs(t->x[1][i] - i) < 1e-12))
      fail_msg("frame %d: %g, %g", i, t->x[0][i], t->x[1][i]);
  }
  assert_true(fabs(t->dt - 0.5) < 1e-15);
  if (warning) expect_warning(t, warning);
  if (!warning) assert_string_equal(t->warnings, "");
  forget(t);
}

static void reads_dumps(void **state)
{
  static const double wrapped[] = {8, 8.9, -0.8, -0.5, 8.7};
  static const char *const scaled[] = {"0.9 0.1 0 0 0", "0.99 0.2 0 0 0", "0.02 0.3 0 0 0", "0.05 0.4 0 0 0",
                                       "0.97 0.5 0 0 0"};
  static const char *const forever[] = {"0.9 0.1 0 0 0", "0.99 0.2 0 0 0", "1.02 0.3 0 0 0", "1.05 0.4 0 0 0",
                                        "0.97 0.5 0 0 0"};
  static const char *const unwrapped[] = {"xu", "yu"};
  const PetscReal periods[] = {10, 0};
  SeriesSettings s = {.n = 2, .columns = position, .timestep = 0.05, .atom = 7};

  (void)state;
  expect_dump(
      dump_with("", "pp pp pp", "id x y ix iy iz", places), &s, straight,
      "line 9, column x: the box of length 10 is periodic, the position is unwrapped by its image flags");
  expect_dump(dump_with("", "pp ff ff", "id x y vx vy vz", places), &s, straight,
              "unwrapped by nearest images");
  expect_dump(dump_with("", "fs ff pp", "id x y vx vy vz", places), &s, wrapped, NULL);
  expect_dump(dump_with("", "xy xz yz pp pp pp", "id x y vx vy vz", places), &s, wrapped,
              "the box is triclinic");
  expect_dump(dump_with("", "pp ff pp", "id xs ys vx vy vz", scaled), &s, (double[]){8, 8.9, 9.2, 9.5, 8.7},
              "unwrapped by nearest images");
  s.periods = periods; /* what is given goes before the box */
  expect_dump(dump_with("", "pp ff pp", "id x y vx vy vz", places), &s, straight, NULL);
  s.periods = NULL;
  s.columns = unwrapped;
  expect_dump(dump_with("", "pp pp pp", "id xsu ysu vx vy vz", forever), &s, straight, NULL);
}

static void reads_times_of_dumps(void **state)
{
  const SeriesSettings s = {.n = 2, .columns = position, .atom = 7}, alone = {.n = 1, .columns = position};
  char text[5000] = "ITEM: UNITS\nlj\n", before[60];
  Told *t;

  (void)state;
  for (int i = 0; i < 5; i++) {
    snprintf(before, sizeof(before), "ITEM: TIME\n%g\n", 3 + 0.5 * i);
    add_frame(text, before, 10 * i, "ff ff ff", "id x y vx vy vz", places[i]);
  }
  t = read_well(packed_file("a.lammpstrj.gz", text, 0), &s, 5);
  assert_true(t->dt == 0.5 && t->x[1][4] == 4);
  forget(t);
  t = read_file(text_file("a.dump",
                          "ITEM: TIME\n0\nITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS ff "
                          "ff ff\n0 1\n0 1\n0 1\nITEM: ATOMS x\n5 \n"),
                &alone);
  assert_string_equal(t->refused, "one row gives no time between rows");
  forget(t);
}

static void says_what_is_wrong_with_dumps(void **state)
{
  static const char *const scaled[] = {"xs"}, bounds[] = "ITEM: BOX BOUNDS pp pp pp\n0 1\n0 1\n0 1\n";
  SeriesSettings s = {.n = 2, .columns = position, .timestep = 1, .atom = 7, .section = "here"};
  static char text[20000];

  (void)state;
  strcpy(text, dump_with("", "pp pp pp", "id x y vx vy vz", places));
  s.atom = 8;
  expect_refused(text_file("a.dump", text), &s,
                 "line 11: the frame that begins at line 1 has no particle with id 8");
  s.atom = 0;
  expect_refused(text_file("a.dump", text), &s,
                 "the frame of line 1 has 2 particles; the id of one is needed (here.atom)");
  s.atom = 7;
  s.timestep = 0;
  expect_refused(text_file("a.dump", text), &s,
                 "only one that counts steps, and the time of a step is not known");
  s.timestep = 1;
  text[strlen(text) - strlen("7 8.7 4 0 0 0\n")] = 0;
  expect_refused(text_file("a.dump", text), &s, "after line 54: the file breaks off in the frame of line 45");
  add_frame(text, "", 50, "pp pp pp", "id x y vx vy vz", places[0]);
  expect_refused(text_file("a.dump", text), &s,
                 "line 55: the frame of line 45 has 1 particles, where it announces 2");
  strcpy(text, dump_with("", "pp pp pp", "id x y vx vy vz", places));
  add_frame(text, "", 60, "pp pp pp", "id x y vx vy vz", places[0]);
  expect_refused(text_file("a.dump", text), &s, "column Step: a step of 20 from 40 to 60");
  strcpy(text, dump_with("", "pp pp pp", "id x y vx vy vz", places));
  add_frame(text, "", 50, "pp pp pp", "id y x vx vy vz", places[0]);
  expect_refused(text_file("a.dump", text), &s,
                 "line 64: the frame of line 56 has other columns than those before");
  expect_refused(text_file("a.dump", dump_with("", "pp pp pp", "type x y vx vy vz", places)), &s,
                 "line 9 names no column id to find particle 7 by");
  expect_refused(text_file("a.dump", dump_with("", "xy xz yz pp pp pp", "id xs ys vx vy vz", places)), &s,
                 "scaled coordinates of a triclinic box are not read");
  expect_refused(
      text_file("a.dump", LOG("ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\nITEM: ATOMS id x y\n7 1 1\n")),
      &s, "line 5: the frame has no ITEM: BOX BOUNDS");
  expect_refused(text_file("a.dump", LOG("ITEM: TIMESTEP\nzero\n", bounds)), &s,
                 "line 2: a number was expected, but there is \"zero\"");
  expect_refused(text_file("a.dump", LOG("ITEM: TIMESTEP\n0\n", "ITEM: BOX BOUNDS pp pp pp\n0\n")), &s,
                 "line 4: the two ends of the box were expected");
  s.n = 1;
  s.columns = scaled;
  expect_refused(text_file("a.dump", dump_with("", "pp pp pp", "id xs ys vx vy vz", places)), &s,
                 "line 9: column xs is in lengths of the box; ask for x, which is made of it");
}

static void reads_xvg(void **state)
{
  static const char text[] =
      "# This file was created Mon\n# by:\n@    title \"Force\"\n@    xaxis  label \"Time (ps)\"\n"
      "@    yaxis  label \"F\"\n@TYPE xy\n@ view 0.15, 0.15, 0.75, 0.85\n@ legend on\n"
      "@ s0 legend \"atom 1 X (kJ/mol/nm)\"\n@ s1 legend \"D\\sxx\\N\"\n"
      "    0.000   1.5  -2e1 7\n    0.002   2.5  -3e1 8\n# between\n    0.004   3.5  -4e1 9\n&\n";
  static const char *const names[] = {"atom 1 X", "Dxx", "s2", "Time"};
  const SeriesSettings all = {.n = 4, .columns = names}, timed = {.n = 1, .columns = names, .time = "t"};
  static const char *const bare[] = {"s0"};
  Told *t = read_well(text_file("force.txt", text), &all, 3);

  (void)state;
  assert_string_equal(t->format, "xvg");
  assert_true(fabs(t->dt - 0.002) < 1e-15);
  assert_true(t->x[0][2] == 3.5 && t->x[1][2] == -40 && t->x[2][2] == 9 && t->x[3][2] == 0.004);
  forget(t);
  forget(read_well(packed_file("force.xvg.gz", text, 0), &timed, 3));
  t = read_well(text_file("bare.xvg", "0 1\n2 3\n"), &(SeriesSettings){.n = 1, .columns = bare}, 2);
  assert_true(t->dt == 2 && t->x[0][1] == 3);
  forget(t);
  expect_refused(text_file("a.xvg", "@ s0 legend \"Dxx\"\n0 1\n"), &all,
                 "line 2 names no column atom 1 X, but time, Dxx");
  expect_refused(text_file("a.xvg", "@ s0 legend \"atom 1 X\"\n0 1\n1 2\n&\n0 3\n1 4\n"), &timed,
                 "line 5 begins a second set (line 4 is &)");
  expect_refused(text_file("a.xvg", "@ s0 legend \"atom 1 X\"\n0 1\n1 2 3\n"), &timed,
                 "line 3 has 3 entries");
  expect_refused(text_file("a.xvg", "@ s0 legend \"atom 1 X\"\n"), &timed, "there are no rows");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(reads_logs),
                                     cmocka_unit_test(reads_times_of_logs),
                                     cmocka_unit_test(says_what_is_wrong_with_logs),
                                     cmocka_unit_test(reads_dumps),
                                     cmocka_unit_test(reads_times_of_dumps),
                                     cmocka_unit_test(says_what_is_wrong_with_dumps),
                                     cmocka_unit_test(reads_xvg)};

  return cmocka_run_group_tests(tests, make_root, remove_root);
}
