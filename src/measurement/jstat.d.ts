/** What is used of jStat, which comes without types. */
declare module 'jstat' {
  interface Distributions {
    readonly normal: { cdf(x: number, mean: number, deviation: number): number };
    readonly studentt: { cdf(x: number, freedom: number): number; inv(p: number, freedom: number): number };
  }
  const jstat: { readonly jStat: Distributions };
  export default jstat;
}
