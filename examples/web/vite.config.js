// Modules wait for the configuration before anything is shown: browsers of 2022 and later can.
export default { build: { target: "es2022" } };
